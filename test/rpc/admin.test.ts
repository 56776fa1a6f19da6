import { beforeEach, expect, test } from "vitest";
import { Permission } from "../../gen/ts/corral/v1/acl_pb.js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { watchersListedDefault, watchersListedMax, watchesPerRequestMax } from "../../src/limits.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const admin = Admin.method;

let server: TestServer;

beforeEach(async () => {
  server = await startServer();
  for (const path of ["/a", "/a/b"]) await server.client.unary(rpc.create, { path });
});

type Watch = { watchId: bigint; path: string; kind?: WatchKind; depth?: number; afterZxid?: bigint };

/** A stream whose watches have been added. */
async function watching(watches: readonly Watch[], session?: string) {
  const stream = server.client.bidi(rpc.watch, session === undefined ? {} : { session });
  for (let i = 0; i < watches.length; i += watchesPerRequestMax) {
    const add = watches.slice(i, i + watchesPerRequestMax);
    stream.send({ add });
    for (let added = 0; added < add.length; ) added += (await stream.next())!.added.length;
  }
  return stream;
}

test("CountWatches counts streams, and watches by kind", async () => {
  const { client } = server;
  expect(await client.unary(admin.countWatches, {})).toMatchObject({ counts: [], streams: 0, catchingUp: 0 });
  await watching([
    { watchId: 1n, path: "/a", kind: WatchKind.DATA },
    { watchId: 2n, path: "/a" },
    { watchId: 3n, path: "/a", kind: WatchKind.PERSISTENT },
  ]);
  await watching([{ watchId: 1n, path: "/a/b", kind: WatchKind.DATA }]);
  const counted = await client.unary(admin.countWatches, {});
  expect(counted.counts.map(({ kind, count }) => [WatchKind[kind], count]).sort()).toEqual([
    ["DATA", 2],
    ["PERSISTENT", 1],
    ["PERSISTENT_RECURSIVE", 1],
  ]);
  expect(counted).toMatchObject({ streams: 2, catchingUp: 0 });
  await client.unary(rpc.set, { path: "/a" });
  const { counts } = await client.unary(admin.countWatches, {});
  expect(counts.find(({ kind }) => kind === WatchKind.DATA)?.count).toBe(1);
});

test("CountWatches leaves out kinds that nobody uses any more", async () => {
  await watching([{ watchId: 1n, path: "/a", kind: WatchKind.DATA }]);
  await server.client.unary(rpc.set, { path: "/a" });
  expect((await server.client.unary(admin.countWatches, {})).counts).toEqual([]);
});

test("ListWatchers names who would be told: on the path, then above it, as far as they reach down", async () => {
  const { sessionToken, sessionId } = await server.client.unary(rpc.openSession, {});
  await watching(
    [
      { watchId: 1n, path: "/" },
      { watchId: 2n, path: "/a", kind: WatchKind.SUBTREE, depth: 1 },
      { watchId: 3n, path: "/a", kind: WatchKind.SUBTREE, depth: 0 },
      { watchId: 4n, path: "/a", kind: WatchKind.CHILDREN },
      { watchId: 5n, path: "/a/b", kind: WatchKind.DATA },
      { watchId: 6n, path: "/other" },
    ],
    sessionToken,
  );
  await watching([{ watchId: 5n, path: "/a/b", kind: WatchKind.PERSISTENT }]);
  const { watchers, more } = await server.client.unary(admin.listWatchers, { path: "/a/b" });
  expect(
    watchers.map(({ path, kind, depth, watchId, sessionId }) => [
      path,
      WatchKind[kind],
      depth,
      watchId,
      sessionId,
    ]),
  ).toEqual([
    ["/a/b", "DATA", undefined, 5n, sessionId],
    ["/a/b", "PERSISTENT", undefined, 5n, 0n],
    ["/a", "SUBTREE", 1, 2n, sessionId],
    ["/", "PERSISTENT_RECURSIVE", undefined, 1n, sessionId],
  ]);
  expect(more).toBe(false);
  for (const { peer } of watchers) expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("ListWatchers tells how far a stream has come, and how much waits for it", async () => {
  await watching([{ watchId: 1n, path: "/a" }]);
  const { zxid } = await server.client.unary(rpc.set, { path: "/a" });
  const { watchers } = await server.client.unary(admin.listWatchers, { path: "/a" });
  expect(watchers).toMatchObject([{ sentZxid: zxid, waitingEvents: 0 }]);
});

test("ListWatchers answers as many as asked for, and whether there are more", async () => {
  const watches = Array.from({ length: watchersListedDefault + 1 }, (_, i) => ({
    watchId: BigInt(i),
    path: "/a",
  }));
  await watching(watches);
  const list = async (limit: number) => {
    const { watchers, more } = await server.client.unary(admin.listWatchers, { path: "/a", limit });
    return [watchers.length, more];
  };
  expect(await list(1)).toEqual([1, true]);
  expect(await list(0)).toEqual([watchersListedDefault, true]);
  expect(await list(watchersListedDefault + 1)).toEqual([watchersListedDefault + 1, false]);
  expect(await list(watchersListedMax)).toEqual([watchersListedDefault + 1, false]);
});

test.each([
  ["a relative path", { path: "a" }, "path"],
  ["a negative limit", { path: "/a", limit: -1 }, "limit"],
  ["a limit too high", { path: "/a", limit: watchersListedMax + 1 }, "limit"],
])("ListWatchers refuses %s", async (_title, request, field) => {
  expect(await failureOf(server.client.unary(admin.listWatchers, request))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field,
  });
});

test("ListWatchers of a path that nobody watches is empty, whether there is a node or not", async () => {
  for (const path of ["/a", "/none/at/all"]) {
    expect(await server.client.unary(admin.listWatchers, { path })).toMatchObject({
      watchers: [],
      more: false,
    });
  }
});

test("GetStatus tells how the server is", async () => {
  const { client, clock, engine } = server;
  const { sessionToken: session } = await client.unary(rpc.openSession, {});
  await client.unary(rpc.create, { path: "/a/e", text: "20", mode: CreateMode.EPHEMERAL }, { session });
  await watching([{ watchId: 1n, path: "/a", kind: WatchKind.DATA }]);
  clock.advance(1_500);
  expect(await client.unary(admin.getStatus, {})).toMatchObject({
    version: "0.0.0-test",
    startTimeMs: BigInt(clock.wallMs() - 1_500),
    uptimeMs: 1_500n,
    zxid: 4n,
    oldestZxid: 0n,
    nodes: BigInt(engine.tree.nodeCount),
    ephemeralNodes: 1n,
    dataBytes: 2n,
    sessions: 1n,
    watches: 1n,
    watchStreams: 1n,
    connections: 1n,
    draining: false,
    alarms: [],
    databaseBytes: 4_096n,
    walBytes: 0n,
    diskFreeBytes: 1_000_000n,
    logLevel: "info",
  });
});

test("GetStatus is for whom the list of / gives ADMIN", async () => {
  const { client } = server;
  const identity = { scheme: "world", id: "anyone" };
  await client.unary(rpc.setAcl, { path: "/", acl: [{ identity, permissions: [Permission.READ] }] });
  expect(await failureOf(client.unary(admin.getStatus, {}))).toMatchObject({
    reason: "NO_AUTH",
    message: "only who has ADMIN in the access control list of / may do this",
  });
});
