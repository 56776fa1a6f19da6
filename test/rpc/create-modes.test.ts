// Containers and nodes with a TTL from outside: what ZooKeeper's CreateContainerTest and CreateTTLTest ask of them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, type CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchEventKind, WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { ttlMsMax } from "../../src/limits.ts";
import { settle } from "../support/engine.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const tickMs = 2_000;
const ttlMode = CreateMode.PERSISTENT_WITH_TTL;

async function statOf({ client }: TestServer, path: string) {
  return (await client.unary(rpc.exists, { path })).stat;
}

async function pass({ clock }: TestServer, ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

test("a container is made, seen as one, filled, emptied and gone", async () => {
  const server = await startServer();
  const { client } = server;
  const made = await client.unary(rpc.create, { path: "/foo", mode: CreateMode.CONTAINER });
  expect(made.stat).toMatchObject({ mode: CreateMode.CONTAINER, ttlMs: 0n, ephemeralOwner: 0n, czxid: 1n });
  await client.unary(rpc.create, { path: "/foo/bar" });
  await client.unary(rpc.delete, { path: "/foo/bar" });
  await pass(server, tickMs);
  expect(await statOf(server, "/foo")).toBeUndefined();
});

test("containers in containers go together, and one beside another is left alone", async () => {
  const server = await startServer();
  const { client } = server;
  const container = (path: string) => client.unary(rpc.create, { path, mode: CreateMode.CONTAINER });
  for (const path of ["/foo", "/foo/bar", "/foo/bar/one", "/other"]) await container(path);
  await client.unary(rpc.create, { path: "/other/child" });
  await client.unary(rpc.create, { path: "/foo/bar/one/leaf" });
  await client.unary(rpc.delete, { path: "/foo/bar/one/leaf" });
  await pass(server, tickMs);
  expect(await statOf(server, "/foo")).toBeUndefined();
  expect(await statOf(server, "/other")).toBeDefined();
});

test("a node with a TTL says so, has no owner, and goes when its time is over", async () => {
  const server = await startServer();
  const { client } = server;
  const request = { path: "/foo", mode: ttlMode, ttlMs: 100n, text: "x" };
  const { stat } = await client.unary(rpc.create, request);
  expect(stat).toMatchObject({ mode: ttlMode, ttlMs: 100n, ephemeralOwner: 0n, dataLength: 1 });
  await pass(server, tickMs);
  expect(await statOf(server, "/foo")).toBeUndefined();
});

test("a sequential one with a TTL, and one with a child that goes first", async () => {
  const server = await startServer();
  const { client } = server;
  const mode = CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL;
  const { path, stat } = await client.unary(rpc.create, { path: "/foo-", mode, ttlMs: 100n });
  expect(path).toBe("/foo-0000000000");
  expect(stat).toMatchObject({ mode: ttlMode, ttlMs: 100n });
  await client.unary(rpc.create, { path: `${path}/bar`, mode: ttlMode, ttlMs: 1_000n });
  await pass(server, tickMs);
  expect(await statOf(server, path)).toBeUndefined();
});

test("deleted by the server, a node fires watches as if somebody had deleted it", async () => {
  const server = await startServer();
  const { client } = server;
  await client.unary(rpc.create, { path: "/ttl", mode: ttlMode, ttlMs: 1n });
  const stream = client.bidi(rpc.watch);
  stream.send({
    add: [
      { watchId: 1n, path: "/ttl", kind: WatchKind.DATA },
      { watchId: 2n, path: "/", kind: WatchKind.CHILDREN },
      { watchId: 3n, path: "/" },
    ],
  });
  await stream.next();
  await pass(server, tickMs);
  const { events } = (await stream.next())!;
  expect(events.map(({ kind, path, watchIds }) => ({ kind, path, watchIds }))).toEqual([
    { kind: WatchEventKind.NODE_DELETED, path: "/ttl", watchIds: [1n, 3n] },
    { kind: WatchEventKind.NODE_CHILDREN_CHANGED, path: "/", watchIds: [2n] },
  ]);
  stream.cancel();
});

test("a TTL out of range, or with a mode that has none, is refused first of all", async () => {
  const { client } = await startServer();
  const { CONTAINER, EPHEMERAL, PERSISTENT, PERSISTENT_SEQUENTIAL_WITH_TTL } = CreateMode;
  const wrong: MessageInitShape<typeof CreateRequestSchema>[] = [
    { mode: ttlMode },
    { mode: ttlMode, ttlMs: -1n },
    { mode: ttlMode, ttlMs: BigInt(ttlMsMax) + 1n },
    { mode: ttlMode, ttlMs: 2n ** 63n - 1n },
    { mode: PERSISTENT_SEQUENTIAL_WITH_TTL, ttlMs: 0n },
    { mode: PERSISTENT, ttlMs: 1n },
    { mode: CONTAINER, ttlMs: 1n },
    { mode: EPHEMERAL, ttlMs: 1n },
  ];
  for (const request of wrong) {
    const failure = await failureOf(client.unary(rpc.create, { path: "relative", ...request }));
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field: "ttl_ms" });
  }
  const longest = { path: "/t", mode: ttlMode, ttlMs: BigInt(ttlMsMax) };
  expect((await client.unary(rpc.create, longest)).stat?.ttlMs).toBe(BigInt(ttlMsMax));
});
