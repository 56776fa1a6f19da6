// Access control lists, scans, transactions, ways to create and delete, and what operators ask.
import { beforeEach, expect, test } from "vitest";
import type { AclEntry, Client } from "../../src/client/index.ts";
import { sessionsListedDefault } from "../../src/limits.ts";
import { collect, connectClient } from "../support/client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let server: TestServer;
let client: Client;

const everybody: AclEntry = {
  scheme: "world",
  id: "anyone",
  permissions: ["create", "delete", "read", "write", "admin"],
};

beforeEach(async () => {
  server = await startServer();
  ({ client } = await connectClient(server.address, { sessionTimeoutMs: false, namespace: "/app" }));
  await client.create("/", "", { parents: true });
});

test("parents are created with a node, in one change", async () => {
  expect(await client.create("/a/b/c", "x", { parents: true })).toMatchObject({ path: "/a/b/c", zxid: 2 });
  expect((await client.exists("/a/b"))?.czxid).toBe(2);
});

test("a Stat tells how a node lives", async () => {
  await client.create("/c", "", { mode: "container" });
  await client.create("/t", "", { mode: "persistentWithTtl", ttlMs: 5_000 });
  expect(await client.exists("/c")).toMatchObject({ mode: "container", ttlMs: 0 });
  expect(await client.exists("/t")).toMatchObject({ mode: "persistentWithTtl", ttlMs: 5_000 });
  expect(await client.exists("/")).toMatchObject({ mode: "persistent" });
});

test("access control lists are given at the creation, read, and set, below as well", async () => {
  const readers: AclEntry = { scheme: "world", id: "anyone", permissions: ["read", "admin"] };
  await client.create("/a", "", { acl: [readers] });
  expect(await client.getAcl("/a")).toMatchObject({ path: "/a", acl: [readers], stat: { aversion: 0 } });
  const set = await client.setAcl("/a", [everybody], { aversion: 0, recursive: true });
  expect(set).toMatchObject({ path: "/a", stat: { aversion: 1 } });
  expect((await client.getAcl("/a")).acl).toEqual([everybody]);
  const late = client.setAcl("/a", [readers], { aversion: 0 });
  await expect(late).rejects.toMatchObject({ reason: "BAD_VERSION", path: "/a", actual: 1 });
});

test("who acts can be said anew, for the calls from then on", async () => {
  expect(await client.whoAmI()).toEqual([{ scheme: "ip", id: "127.0.0.1" }]);
  client.authorize(`Basic ${Buffer.from("ada:secret").toString("base64")}`);
  expect(await client.whoAmI()).toMatchObject([{ scheme: "ip" }, { scheme: "digest" }]);
});

test("a scan reads a subtree of the namespace, with what is asked for", async () => {
  await client.create("/a/b", "x", { parents: true });
  const nodes = await collect(client.scan("/", { withData: true, withStats: true }));
  expect(nodes).toMatchObject([
    { path: "/", zxid: 2 },
    { path: "/a", text: "" },
    { path: "/a/b", text: "x", stat: { dataLength: 1 } },
  ]);
  const [top] = await collect(client.scan("/a"));
  expect(top).toMatchObject({ path: "/a", stat: undefined, text: "" });
  await expect(collect(client.scan("/no"))).rejects.toMatchObject({ reason: "NO_NODE", path: "/no" });
});

test("a scan is given up by its reader, or by its signal", async () => {
  await Promise.all(Array.from({ length: 1_500 }, (_, i) => client.create(`/${i}`)));
  for await (const { path } of client.scan("/")) if (path !== "/") break;
  await expect(collect(client.scan("/", { signal: AbortSignal.abort("enough") }))).rejects.toBe("enough");
  const ending = new AbortController();
  const read = (async () => {
    for await (const _ of client.scan("/", { signal: ending.signal })) ending.abort("now");
  })();
  await expect(read).rejects.toBe("now");
});

test("a scan ends with its client", async () => {
  await Promise.all(Array.from({ length: 1_500 }, (_, i) => client.create(`/${i}`)));
  const read = (async () => {
    for await (const _ of client.scan("/")) await client.close();
  })();
  await expect(read).rejects.toMatchObject({ reason: "CLIENT_CLOSED" });
  await expect(collect(client.scan("/"))).rejects.toMatchObject({ reason: "CLIENT_CLOSED" });
});

test("a transaction does all or nothing, and says what each operation did", async () => {
  const done = await client.transact({
    conditions: [{ path: "/a", exists: false }],
    operations: [
      { kind: "create", path: "/a", data: "1" },
      { kind: "set", path: "/a", data: "2", version: 0 },
      { kind: "get", path: "/a" },
      { kind: "exists", path: "/no" },
      { kind: "create", path: "/a/n-", mode: "persistentSequential" },
      { kind: "check", condition: { path: "/a", data: "2" } },
    ],
  });
  expect(done).toMatchObject({
    zxid: 2,
    branch: "then",
    results: [
      { kind: "create", path: "/a", stat: { version: 0 } },
      { kind: "set", path: "/a", stat: { version: 1 } },
      { kind: "get", path: "/a", value: { text: "2" } },
      { kind: "exists", path: "/no", stat: undefined },
      { kind: "create", path: "/a/n-0000000000" },
      { kind: "check", path: "/a" },
    ],
  });
  const otherwise = await client.transact({
    conditions: [
      { path: "/a", version: 1 },
      { path: "/a", czxid: 2 },
      { path: "/a", aversion: 0 },
      { path: "/a", numChildren: 7 },
    ],
    elseOperations: [{ kind: "delete", path: "/a", recursive: true }],
  });
  expect(otherwise).toEqual({ zxid: 3, branch: "else", results: [{ kind: "delete", path: "/a" }] });
  const failed = client.transact({ operations: [{ kind: "delete", path: "/no" }] });
  await expect(failed).rejects.toMatchObject({ reason: "NO_NODE", path: "/no", facts: { op_index: "0" } });
});

test("a subtree is deleted in one change", async () => {
  await client.create("/a/b", "", { parents: true });
  expect(await client.delete("/a", { recursive: true })).toBe(3);
  expect(await client.exists("/a")).toBeUndefined();
});

test("operators list sessions and what they own, a page after the other, and end them", async () => {
  const { engine, address } = server;
  const { client: provider } = await connectClient(address, { namespace: "/app" });
  for (const path of ["/b", "/a"]) await provider.create(path, "", { mode: "ephemeral" });
  const { id } = await provider.connected();
  await Promise.all(Array.from({ length: sessionsListedDefault }, () => engine.openSession(0, "many")));
  const all = await collect(client.admin.sessions());
  expect(all.map(({ sessionId }) => sessionId)).toEqual([...engine.tree.sessions()].map((one) => one.id));
  expect(all[0]).toEqual({
    sessionId: id,
    owner: "",
    timeoutMs: 10_000,
    state: "attached",
    expiresInMs: 10_000,
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    identities: [{ scheme: "ip", id: "127.0.0.1" }],
    ephemeralNodes: 2,
    watchStreams: 0,
    watches: 0,
  });
  expect(await client.admin.countSessions()).toBe(sessionsListedDefault + 1);
  expect(await collect(client.admin.sessions({ endingWithinMs: 9_999 }))).toEqual([]);
  const year = 365 * 86_400_000;
  expect(await collect(client.admin.sessions({ endingWithinMs: year }))).toEqual(all);
  expect(await collect(client.admin.ephemeralsOf(id))).toEqual(["/a", "/b"]);
  await provider.close();
  const other = all[1]!.sessionId;
  expect(await client.admin.expireSession(other)).toBe(engine.tree.zxid);
  const again = client.admin.expireSession(other);
  await expect(again).rejects.toMatchObject({ reason: "NO_SESSION", code: "NOT_FOUND" });
  await expect(collect(client.admin.ephemeralsOf(other))).rejects.toMatchObject({ reason: "NO_SESSION" });
});

test("more ephemeral nodes than a page holds are listed, each once", async () => {
  const { client: provider } = await connectClient(server.address, { namespace: "/app" });
  const paths = Array.from(
    { length: sessionsListedDefault + 1 },
    (_, i) => `/e${String(i).padStart(4, "0")}`,
  );
  await Promise.all(paths.map((path) => provider.create(path, "", { mode: "ephemeral" })));
  const { id } = await provider.connected();
  expect(await collect(client.admin.ephemeralsOf(id))).toEqual(paths);
});

test("operators drain a server, and set the level of its log", async () => {
  expect(await client.admin.setDraining(true)).toEqual({ draining: true, sessions: 0, connections: 1 });
  expect(server.engine.draining).toBe(true);
  expect(await client.admin.setDraining(false)).toMatchObject({ draining: false });
  expect(await client.admin.setLogLevel("debug")).toBe("info");
  expect(await client.admin.setLogLevel("info")).toBe("debug");
});

test("operators are told of watches", async () => {
  const watch = client.watch("/a", { kind: "persistent" });
  await watch.ready;
  expect(await client.admin.countWatches()).toEqual({
    counts: [{ kind: "persistent", count: 1 }],
    streams: 1,
    catchingUp: 0,
  });
  const { watchers, more } = await client.admin.watchersOf("/a");
  expect(watchers).toMatchObject([{ path: "/a", kind: "persistent", sessionId: 0, waitingEvents: 0 }]);
  expect(more).toBe(false);
  expect(await client.admin.watchersOf("/b", { limit: 1 })).toEqual({ watchers: [], more: false });
});

test("operators are told how the server is", async () => {
  await client.create("/a", "20");
  const { startTimeMs, nodes, ...status } = await client.admin.status();
  expect(new Date(startTimeMs).getUTCFullYear()).toBe(2026);
  expect(nodes).toBe(server.engine.tree.nodeCount);
  expect(status).toEqual({
    version: "0.0.0-test",
    uptimeMs: 0,
    zxid: 2,
    oldestZxid: 0,
    ephemeralNodes: 0,
    dataBytes: 2,
    sessions: 0,
    watches: 0,
    watchStreams: 0,
    connections: 1,
    draining: false,
    alarms: [],
    databaseBytes: 4_096,
    walBytes: 0,
    diskFreeBytes: 1_000_000,
    logLevel: "info",
  });
});
