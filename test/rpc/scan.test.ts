// Subtrees read from outside while they change.
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { ScannedNode } from "../../gen/ts/corral/v1/scan_pb.js";
import { createdNode } from "../../src/core/node.ts";
import {
  dataBytesMax,
  scanKeptBytesMax,
  scanKeptNodesMax,
  scanPageNodesMax,
  transactionOperationsMaxDefault,
} from "../../src/limits.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import type { RpcStream } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
type ScanStream = RpcStream<typeof rpc.scan.input, typeof rpc.scan.output>;

async function restOf(stream: ScanStream): Promise<ScannedNode[]> {
  const nodes: ScannedNode[] = [];
  for (let page = await stream.next(); page !== undefined; page = await stream.next())
    nodes.push(...page.nodes);
  return nodes;
}

/** A server that has found children below /p on its disk, many pages of them. */
function serverWithChildren(count: number, data = new Uint8Array()): Promise<TestServer> {
  const store = new MemoryStore();
  const record = createdNode({ zxid: 0, timeMs: 0 }, {}, data.length);
  store.put("/p", record);
  for (let i = 0; i < count; i++) store.put(childAt(i), record, data);
  return startServer({ journal: new MemoryJournal(store) });
}

function childAt(index: number): string {
  return `/p/${String(index).padStart(6, "0")}`;
}

/** A scan whose reader has stopped reading after the first message. */
async function stuckScan({ client }: TestServer): Promise<ScanStream> {
  const stream = client.serverStream(rpc.scan, { path: "/p", withData: true });
  await stream.next();
  stream.call.pause();
  onTestFinished(() => stream.cancel());
  return stream;
}

test("answers the whole subtree, parents first, and nothing beside it", async () => {
  const { client } = await startServer();
  for (const path of ["/a", "/a-b", "/a/b", "/a/b/c", "/a/a", "/b"]) {
    await client.unary(rpc.create, { path, text: path });
  }
  const stream = client.serverStream(rpc.scan, { path: "/a", withData: true, withStats: true, asText: true });
  const page = (await stream.next())!;
  expect(page.zxid).toBe(6n);
  expect(page.nodes.map(({ path, text }) => [path, text])).toEqual(
    ["/a", "/a/a", "/a/b", "/a/b/c"].map((path) => [path, path]),
  );
  expect(page.nodes[2]?.stat).toEqual((await client.unary(rpc.get, { path: "/a/b" })).stat);
  expect(await stream.next()).toBeUndefined();
  expect((await stream.status).code).toBe("OK");
  const bare = await restOf(client.serverStream(rpc.scan, { path: "/" }));
  expect(bare.map(({ path }) => path)).toContain("/zookeeper/quota");
  expect(bare.every(({ stat, data }) => stat === undefined && data.length === 0)).toBe(true);
});

test("shows one moment, in pages, whatever is written meanwhile", async () => {
  const count = 20 * scanPageNodesMax;
  const { client } = await serverWithChildren(count);
  const stream = client.serverStream(rpc.scan, { path: "/p", withData: true });
  const first = (await stream.next())!;
  expect(first.nodes.length).toBeLessThanOrEqual(scanPageNodesMax);
  const last = childAt(count - 1);
  await client.unary(rpc.set, { path: last, text: "later" });
  await client.unary(rpc.delete, { path: "/p/000000" });
  await client.unary(rpc.create, { path: "/p/zzz" });
  const nodes = [...first.nodes, ...(await restOf(stream))];
  expect(nodes).toHaveLength(count + 1);
  expect(nodes.at(-1)).toMatchObject({ path: last, data: new Uint8Array() });
  expect((await stream.status).code).toBe("OK");
});

test.each([
  ["/none", "NOT_FOUND", "NO_NODE"],
  ["relative", "INVALID_ARGUMENT", "BAD_ARGUMENTS"],
])("of %s: %s", async (path, code, reason) => {
  const { client } = await startServer();
  const stream = client.serverStream(rpc.scan, { path });
  expect(await stream.next()).toBeUndefined();
  expect(await stream.status).toMatchObject({ code, reason });
});

test("a reader for whom too many nodes have to be kept is told so", async () => {
  const server = await serverWithChildren(20_000, new Uint8Array(2_000));
  const stream = await stuckScan(server);
  const operations = Array.from({ length: transactionOperationsMaxDefault }, () => ({
    op: "create" as const,
    path: "/p/zz-",
    data: new Uint8Array(),
    mode: "persistentSequential" as const,
  }));
  const transact = { op: "transact", conditions: [], operations, elseOperations: [] } as const;
  for (let i = 0; i <= scanKeptNodesMax / operations.length; i++) await server.engine.submit(transact, {});
  stream.call.resume();
  await restOf(stream);
  expect(await stream.status).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "SCAN_TOO_SLOW",
    facts: { what: "nodes", limit: String(scanKeptNodesMax) },
  });
});

test("a reader for whom too many bytes have to be kept is told so", async () => {
  const server = await serverWithChildren(120, new Uint8Array(dataBytesMax));
  const stream = await stuckScan(server);
  for (let i = 119; i >= 119 - scanKeptBytesMax / dataBytesMax; i--) {
    await server.client.unary(rpc.set, { path: childAt(i) });
  }
  stream.call.resume();
  await restOf(stream);
  expect(await stream.status).toMatchObject({
    reason: "SCAN_TOO_SLOW",
    facts: { what: "bytes", limit: String(scanKeptBytesMax) },
  });
});
