import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/**
 * ZooKeeper's order: a client that watches a node is told of a change before it sees the change, in the answer to
 * its own write or to a read. Corral keeps it on each connection.
 */

/** Watches a path, and notes the highest version that its events have told. */
async function watchVersions(client: RpcClient, path: string, withData = false) {
  const stream = client.bidi(rpc.watch);
  const seen = { version: 0, events: 0, late: [] as string[], ended: Promise.resolve() };
  stream.send({ add: [{ watchId: 1n, path, kind: WatchKind.PERSISTENT, withData }] });
  await stream.next();
  seen.ended = (async () => {
    for (let message = await stream.next(); message !== undefined; message = await stream.next()) {
      for (const { stat } of message.events) {
        seen.events++;
        seen.version = stat!.version;
      }
    }
  })();
  return { stream, seen };
}

/** Does a task many times, some of them at the same time. */
async function inFlight(width: number, times: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < times) await task(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

test("a writer that watches is told of each change before its answer", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/a" });
  const { stream, seen } = await watchVersions(client, "/a");
  const writes = 2_000;
  await inFlight(20, writes, async (i) => {
    const { stat } = await client.unary(rpc.set, { path: "/a", text: String(i) });
    if (seen.version < stat!.version) seen.late.push(`${stat!.version} answered, ${seen.version} told`);
  });
  expect(seen.late).toEqual([]);
  expect(seen.events).toBe(writes);
  stream.cancel();
  await seen.ended;
});

test("a reader that watches is told of another's change before it reads it", async () => {
  const { client, address } = await startServer();
  const writer = new RpcClient(address);
  await writer.unary(rpc.create, { path: "/a" });
  const { stream, seen } = await watchVersions(client, "/a");
  const writes = inFlight(10, 1_000, async (i) => {
    await writer.unary(rpc.set, { path: "/a", text: String(i) });
  });
  await inFlight(5, 1_000, async () => {
    const { stat } = await client.unary(rpc.get, { path: "/a" });
    if (seen.version < stat!.version) seen.late.push(`${stat!.version} read, ${seen.version} told`);
  });
  await writes;
  expect(seen.late).toEqual([]);
  stream.cancel();
  writer.close();
  await seen.ended;
});
