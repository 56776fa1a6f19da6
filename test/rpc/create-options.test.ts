// What Create and Delete can do in one call that takes ZooKeeper's clients several.
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, CreateParents, IfExists } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchEventKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { transactionPathBytesMax } from "../../src/limits.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

test("Create makes the parents that are missing, and Delete takes all of it away again", async () => {
  const { client } = await startServer();
  const stream = client.bidi(rpc.watch);
  stream.send({ add: [{ watchId: 1n, path: "/a" }] });
  await stream.next();
  const path = "/a/b/c";
  const made = await client.unary(rpc.create, { path, text: "x", parents: CreateParents.CONTAINER });
  expect(made).toMatchObject({ zxid: 1n, path, existed: false, stat: { czxid: 1n, mode: 0 } });
  const { stat } = await client.unary(rpc.get, { path: "/a/b" });
  expect(stat).toMatchObject({ mode: CreateMode.CONTAINER, numChildren: 1, cversion: 1, czxid: 1n });
  expect((await client.unary(rpc.delete, { path: "/a", recursive: true })).zxid).toBe(2n);
  const events = [...(await stream.next())!.events, ...(await stream.next())!.events];
  const { NODE_CREATED, NODE_DELETED } = WatchEventKind;
  expect(events.map(({ kind, path, zxid }) => [kind, path, zxid])).toEqual([
    [NODE_CREATED, "/a", 1n],
    [NODE_CREATED, "/a/b", 1n],
    [NODE_CREATED, "/a/b/c", 1n],
    [NODE_DELETED, "/a/b/c", 2n],
    [NODE_DELETED, "/a/b", 2n],
    [NODE_DELETED, "/a", 2n],
  ]);
  stream.cancel();
});

test("Create answers the node that is there, or sets it, and says so", async () => {
  const { client } = await startServer();
  const get = { path: "/a", text: "mine", ifExists: IfExists.GET, asText: true };
  expect(await client.unary(rpc.create, get)).toMatchObject({ zxid: 1n, existed: false, text: "" });
  const found = await client.unary(rpc.create, { ...get, text: "other" });
  expect(found).toMatchObject({ zxid: 1n, path: "/a", existed: true, text: "mine", stat: { version: 0 } });
  const { data } = await client.unary(rpc.create, { path: "/a", ifExists: IfExists.GET });
  expect(Buffer.from(data).toString()).toBe("mine");
  const set = await client.unary(rpc.create, { path: "/a", text: "new", ifExists: IfExists.SET });
  expect(set).toMatchObject({ zxid: 2n, existed: true, text: "", stat: { version: 1, dataLength: 3 } });
  expect(await failureOf(client.unary(rpc.create, { path: "/a", ifExists: IfExists.FAIL }))).toMatchObject({
    reason: "NODE_EXISTS",
  });
});

test("the same in a transaction", async () => {
  const { client } = await startServer();
  const create = (text: string, ifExists: IfExists) =>
    ({ operation: { case: "create", value: { path: "/a", text, ifExists, asText: false } } }) as const;
  const operations = [create("1", IfExists.SET), create("2", IfExists.SET), create("3", IfExists.GET)];
  const { results } = await client.unary(rpc.transact, { operations });
  const told = results.map(({ result }) => result.case === "create" && result.value);
  expect(told).toMatchObject([
    { existed: false, stat: { version: 0 } },
    { existed: true, stat: { version: 1 } },
    { existed: true, stat: { version: 1 }, data: new Uint8Array(Buffer.from("2")) },
  ]);
});

test("what does not read, or does not go together, is named by its field", async () => {
  const { client } = await startServer();
  const mode = CreateMode.EPHEMERAL_SEQUENTIAL;
  const cases = [
    ["parents", { parents: 3 as CreateParents }],
    ["if_exists", { ifExists: 9 as IfExists }],
    ["if_exists", { ifExists: IfExists.SET, mode }],
    ["as_text", { asText: true }],
  ] as const;
  for (const [field, request] of cases) {
    const failure = await failureOf(client.unary(rpc.create, { path: "/a", ...request }));
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field });
  }
});

test("more than a transaction may change is refused, and nothing is", async () => {
  const { client } = await startServer();
  const path = "/d".repeat(8_000);
  const deep = client.unary(rpc.create, { path, parents: CreateParents.PERSISTENT });
  expect(await failureOf(deep)).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "TRANSACTION_TOO_LARGE",
    facts: { what: "bytes of paths", limit: String(transactionPathBytesMax) },
  });
  expect((await client.unary(rpc.exists, { path: "/d" })).stat).toBeUndefined();
});
