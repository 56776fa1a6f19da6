import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, type CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { dataBytesMax, ephemeralsPerSessionMax, listPageSizeMax, pathBytesMax } from "../../src/limits.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/** proto3 lets any number through where an enum is expected. */
function noMode(number: number): CreateMode {
  return number as CreateMode;
}

async function openSession({ client }: TestServer): Promise<string> {
  return (await client.unary(rpc.openSession, {})).sessionToken;
}

test("the story: create, get, set, get, and the three refusals everybody meets first", async () => {
  const { client } = await startServer();
  const listed = await client.unary(rpc.list, { path: "/" });
  expect(listed.children.map(({ name }) => name)).toEqual(["zookeeper"]);
  const created = await client.unary(rpc.create, { path: "/sl", text: "20" });
  expect(created).toMatchObject({ zxid: 1n, path: "/sl" });
  expect(created.stat).toMatchObject({ czxid: 1n, mzxid: 1n, pzxid: 1n, version: 0, dataLength: 2 });
  const got = await client.unary(rpc.get, { path: "/sl", asText: true });
  expect(got).toMatchObject({ zxid: 1n, text: "20", data: new Uint8Array() });
  expect(got.stat).toEqual(created.stat);
  const set = await client.unary(rpc.set, { path: "/sl", text: "30" });
  expect(set).toMatchObject({ zxid: 2n, stat: { czxid: 1n, mzxid: 2n, version: 1 } });
  expect(Buffer.from((await client.unary(rpc.get, { path: "/sl" })).data).toString()).toBe("30");
  expect(await failureOf(client.unary(rpc.create, { path: "/sl/sl2/sl3" }))).toMatchObject({
    code: "NOT_FOUND",
    reason: "NO_NODE",
    domain: "corral",
    facts: { path: "/sl/sl2" },
  });
  expect(await failureOf(client.unary(rpc.create, { path: "sl" }))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field: "path",
  });
  await client.unary(rpc.create, { path: "/sl/child" });
  expect(await failureOf(client.unary(rpc.delete, { path: "/sl" }))).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "NOT_EMPTY",
    facts: { path: "/sl" },
  });
  await client.unary(rpc.delete, { path: "/sl/child" });
  expect((await client.unary(rpc.delete, { path: "/sl" })).zxid).toBe(5n);
  expect((await client.unary(rpc.exists, { path: "/sl" })).stat).toBeUndefined();
});

test("data that is not UTF-8 comes as bytes even when text was asked for, and a byte order mark stays", async () => {
  const { client } = await startServer();
  const data = Uint8Array.of(0xff, 0xfe);
  await client.unary(rpc.create, { path: "/bytes", data });
  expect(await client.unary(rpc.get, { path: "/bytes", asText: true })).toMatchObject({ text: "", data });
  await client.unary(rpc.create, { path: "/bom", text: "\ufeffz\u00e4une" });
  expect((await client.unary(rpc.get, { path: "/bom", asText: true })).text).toBe("\ufeffz\u00e4une");
});

test("each create mode reaches the core", async () => {
  const server = await startServer();
  const { client } = server;
  const session = await openSession(server);
  const make = (mode: CreateMode) => client.unary(rpc.create, { path: "/n-", mode }, { session });
  expect((await make(CreateMode.PERSISTENT_SEQUENTIAL)).path).toBe("/n-0000000000");
  const { path, stat } = await make(CreateMode.EPHEMERAL_SEQUENTIAL);
  expect(path).toBe("/n-0000000001");
  expect(stat?.ephemeralOwner).toBe(1n);
  expect((await make(CreateMode.EPHEMERAL)).stat?.ephemeralOwner).toBe(1n);
  const inside = client.unary(rpc.create, { path: "/n-/child" });
  expect(await failureOf(inside)).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "NO_CHILDREN_FOR_EPHEMERALS",
    facts: { path: "/n-" },
  });
  await client.unary(rpc.closeSession, { sessionToken: session });
  const names = (await client.unary(rpc.list, { path: "/" })).children.map(({ name }) => name);
  expect(names).toEqual(["n-0000000000", "zookeeper"]);
});

test("the errors of Create come in the order of the contract", async () => {
  const server = await startServer();
  const { client } = server;
  const session = await openSession(server);
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
  const create = (request: MessageInitShape<typeof CreateRequestSchema>) =>
    failureOf(client.unary(rpc.create, request));
  const ephemeral = CreateMode.EPHEMERAL;
  const tooLong = `x${"/x".repeat(pathBytesMax / 2)}`;
  const tooLarge = new Uint8Array(dataBytesMax + 1);
  const reasons = [
    await create({ path: tooLong, data: tooLarge, mode: ephemeral }),
    await create({ path: tooLong, mode: ephemeral }),
    await create({ path: "relative", mode: ephemeral }),
    await create({ path: "relative/x" }),
    await create({ path: "/none/../x" }),
    await create({ path: "/e/" }),
    await create({ path: "/e" }),
    await create({ path: "/e/x" }),
  ];
  expect(reasons.map(({ code, reason }) => `${code} ${reason}`)).toEqual([
    "RESOURCE_EXHAUSTED DATA_TOO_LARGE",
    "INVALID_ARGUMENT PATH_TOO_LONG",
    "FAILED_PRECONDITION SESSION_REQUIRED",
    "INVALID_ARGUMENT BAD_ARGUMENTS",
    "NOT_FOUND NO_NODE",
    "INVALID_ARGUMENT BAD_ARGUMENTS",
    "ALREADY_EXISTS NODE_EXISTS",
    "FAILED_PRECONDITION NO_CHILDREN_FOR_EPHEMERALS",
  ]);
  expect(reasons[0]!.facts).toEqual({ limit: String(dataBytesMax), actual: String(dataBytesMax + 1) });
  expect(reasons[1]!.facts).toEqual({ limit: String(pathBytesMax), actual: String(tooLong.length) });
});

test("the session in the metadata is checked first, by every rpc", async () => {
  const server = await startServer();
  const { client } = server;
  const session = await openSession(server);
  await client.unary(rpc.closeSession, { sessionToken: session });
  const expired = { code: "FAILED_PRECONDITION", reason: "SESSION_EXPIRED" };
  for (const token of [session, "1.wrong", "nonsense", ""]) {
    const options = { session: token };
    const calls = [
      client.unary(rpc.create, { path: "relative", mode: noMode(99) }, options),
      client.unary(rpc.get, { path: "relative" }, options),
      client.unary(rpc.exists, { path: "relative" }, options),
      client.unary(rpc.set, { path: "relative" }, options),
      client.unary(rpc.delete, { path: "relative" }, options),
      client.unary(rpc.list, { path: "relative" }, options),
      client.unary(rpc.sync, { path: "relative" }, options),
      client.unary(rpc.openSession, {}, options),
      client.unary(rpc.closeSession, {}, options),
    ];
    for (const call of calls) expect(await failureOf(call)).toMatchObject(expired);
    const stream = client.bidi(rpc.keepAlive, options);
    stream.send({});
    expect(await stream.status).toMatchObject(expired);
  }
  expect(await failureOf(client.unary(rpc.closeSession, { sessionToken: session }))).toMatchObject(expired);
});

test("two sessions in the metadata are a mistake", async () => {
  const server = await startServer();
  const session = await openSession(server);
  const call = server.client.unary(rpc.get, { path: "/" }, { session: `${session}, ${session}` });
  expect(await failureOf(call)).toMatchObject({ reason: "BAD_ARGUMENTS", field: "corral-session" });
});

test("what is wrong with the request itself is named by its field", async () => {
  const { client } = await startServer();
  const both = { path: "/a", text: "a", data: Uint8Array.of(1) };
  const calls: [string, Promise<unknown>][] = [
    ["text", client.unary(rpc.create, both)],
    ["text", client.unary(rpc.set, both)],
    ["mode", client.unary(rpc.create, { path: "/a", mode: noMode(8) })],
    ["mode", client.unary(rpc.create, { path: "/a", mode: noMode(-1) })],
    ["path", client.unary(rpc.get, {})],
    ["path", client.unary(rpc.exists, { path: "/a/" })],
    ["path", client.unary(rpc.set, { path: "/a//b" })],
    ["path", client.unary(rpc.delete, { path: "/" })],
    ["path", client.unary(rpc.list, { path: "/../a" })],
    ["path", client.unary(rpc.sync, { path: "a" })],
    ["page_size", client.unary(rpc.list, { path: "/", pageSize: -1 })],
    ["page_size", client.unary(rpc.list, { path: "/", pageSize: listPageSizeMax + 1 })],
    ["page_token", client.unary(rpc.list, { path: "/", pageToken: "*" })],
  ];
  const failures = await Promise.all(calls.map(([, call]) => failureOf(call)));
  for (const [i, failure] of failures.entries()) {
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field: calls[i]![0] });
  }
});

test("reads refuse a path that is too long, and say which node is missing", async () => {
  const { client } = await startServer();
  const path = `/${"x".repeat(pathBytesMax)}`;
  const tooLong = [
    client.unary(rpc.get, { path }),
    client.unary(rpc.exists, { path }),
    client.unary(rpc.list, { path }),
    client.unary(rpc.sync, { path }),
  ];
  for (const call of tooLong) {
    expect(await failureOf(call)).toMatchObject({ reason: "PATH_TOO_LONG", field: "path" });
  }
  const missing = [client.unary(rpc.get, { path: "/no" }), client.unary(rpc.list, { path: "/no" })];
  for (const call of missing) {
    expect(await failureOf(call)).toMatchObject({
      code: "NOT_FOUND",
      reason: "NO_NODE",
      facts: { path: "/no" },
    });
  }
  expect((await client.unary(rpc.exists, { path: "/no" })).stat).toBeUndefined();
});

test("versions: absent and -1 are no condition, 0 is one", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/v" });
  await client.unary(rpc.set, { path: "/v", version: 0 });
  const stale = await failureOf(client.unary(rpc.set, { path: "/v", version: 0 }));
  expect(stale).toMatchObject({
    code: "ABORTED",
    reason: "BAD_VERSION",
    facts: { path: "/v", expected: "0", actual: "1" },
  });
  expect((await client.unary(rpc.set, { path: "/v", version: -1 })).stat?.version).toBe(2);
  expect((await client.unary(rpc.set, { path: "/v" })).stat?.version).toBe(3);
  expect(await failureOf(client.unary(rpc.delete, { path: "/v", version: 0 }))).toMatchObject({
    reason: "BAD_VERSION",
  });
  await client.unary(rpc.delete, { path: "/v", version: 3 });
});

test("the errors of Set and Delete come in the order of the contract", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/p" });
  await client.unary(rpc.create, { path: "/p/c" });
  const tooLarge = new Uint8Array(dataBytesMax + 1);
  const failures = await Promise.all([
    failureOf(client.unary(rpc.set, { path: "/none", data: tooLarge, version: 7 })),
    failureOf(client.unary(rpc.set, { path: "/none", version: 7 })),
    failureOf(client.unary(rpc.set, { path: "/p", version: 7 })),
    failureOf(client.unary(rpc.delete, { path: "/zookeeper", version: 7 })),
    failureOf(client.unary(rpc.delete, { path: "/none", version: 7 })),
    failureOf(client.unary(rpc.delete, { path: "/p", version: 7 })),
    failureOf(client.unary(rpc.delete, { path: "/p", version: 0 })),
  ]);
  expect(failures.map(({ reason }) => reason)).toEqual([
    "DATA_TOO_LARGE",
    "NO_NODE",
    "BAD_VERSION",
    "BAD_ARGUMENTS",
    "NO_NODE",
    "BAD_VERSION",
    "NOT_EMPTY",
  ]);
});

test("the largest data arrives and comes back", async () => {
  const { client } = await startServer();
  const data = Buffer.alloc(dataBytesMax, "corral");
  await client.unary(rpc.create, { path: "/big", data });
  expect(Buffer.from((await client.unary(rpc.get, { path: "/big" })).data).equals(data)).toBe(true);
});

test("List pages through the children in order, with their Stats when asked", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/l" });
  const names = ["a", "b", "c", "z\u00e4", "\u5317"];
  for (const name of names) await client.unary(rpc.create, { path: `/l/${name}`, text: name });
  const seen: string[] = [];
  let pageToken = "";
  const sizes: number[] = [];
  do {
    const page = await client.unary(rpc.list, { path: "/l", pageSize: 2, pageToken, withStats: true });
    sizes.push(page.children.length);
    expect(page.stat).toMatchObject({ numChildren: 5 });
    for (const { name, stat } of page.children) {
      seen.push(name);
      expect(stat?.dataLength).toBe(Buffer.byteLength(name));
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen).toEqual(names);
  expect(sizes).toEqual([2, 2, 1]);
  const plain = await client.unary(rpc.list, { path: "/l" });
  expect(plain.children.every(({ stat }) => stat === undefined)).toBe(true);
  expect(plain.nextPageToken).toBe("");
});

test("Sync answers the zxid of the writes before it, at any path", async () => {
  const { client } = await startServer();
  const [created, synced] = await Promise.all([
    client.unary(rpc.create, { path: "/s" }),
    client.unary(rpc.sync, { path: "/nowhere" }),
  ]);
  expect(synced.zxid).toBe(created.zxid);
  expect((await client.unary(rpc.sync, {})).zxid).toBe(created.zxid);
});

test("the ephemeral nodes of a session are limited", { timeout: 60_000 }, async () => {
  const server = await startServer();
  const session = await openSession(server);
  const caller = { sessionId: server.engine.authenticate(session).id };
  const data = new Uint8Array();
  for (let i = 0; i < ephemeralsPerSessionMax; i++) {
    void server.engine.submit({ op: "create", path: `/e${i}`, data, mode: "ephemeral" }, caller);
  }
  const one = server.client.unary(rpc.create, { path: "/more", mode: CreateMode.EPHEMERAL }, { session });
  expect(await failureOf(one)).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "TOO_MANY_EPHEMERALS",
    facts: { limit: String(ephemeralsPerSessionMax) },
  });
});
