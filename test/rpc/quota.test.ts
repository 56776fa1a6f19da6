// What ZooKeeperQuotaTest asks of ZooKeeper's quotas, asked over gRPC, and what Corral promises beyond it.
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, CreateParents, IfExists } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchEventKind, WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { MemoryJournal } from "../support/memory-journal.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/** As the command line of ZooKeeper does it: the nodes on the way, the limits, then a node for the usage. */
async function setQuota(client: RpcClient, path: string, limits: string): Promise<void> {
  let at = "/zookeeper/quota";
  for (const name of path.split("/").slice(1)) {
    at += `/${name}`;
    await client.unary(rpc.create, { path: at, ifExists: IfExists.GET });
  }
  const { stat } = await client.unary(rpc.exists, { path: `${at}/zookeeper_limits` });
  if (stat !== undefined) {
    await client.unary(rpc.set, { path: `${at}/zookeeper_limits`, text: limits });
    return;
  }
  await client.unary(rpc.create, { path: `${at}/zookeeper_limits`, text: limits });
  await client.unary(rpc.create, { path: `${at}/zookeeper_stats`, text: "count=0,bytes=0" });
}

async function usageOf(client: RpcClient, path: string): Promise<string> {
  const request = { path: `/zookeeper/quota${path}/zookeeper_stats`, asText: true };
  const { text, stat } = await client.unary(rpc.get, request);
  expect(stat).toMatchObject({ version: 0, dataLength: text.length });
  return text;
}

function exceeded(path: string, kind: string, limit: number, actual: number) {
  const facts = { path, kind, limit: String(limit), actual: String(actual) };
  return { code: "RESOURCE_EXHAUSTED", reason: "QUOTA_EXCEEDED", domain: "corral", facts };
}

test("the usage of a quota: nodes and bytes of the whole subtree, over a restart as well", async () => {
  const journal = new MemoryJournal();
  const { client, stop } = await startServer({ journal });
  for (const path of ["/a", "/a/b", "/a/b/v"]) await client.unary(rpc.create, { path, text: "some" });
  await setQuota(client, "/a", "count=4,bytes=20");
  expect(await usageOf(client, "/a")).toBe("count=3,bytes=12");
  await client.unary(rpc.set, { path: "/a", text: "newdata" });
  await client.unary(rpc.create, { path: "/a/c" });
  expect(await usageOf(client, "/a")).toBe("count=4,bytes=15");
  await client.unary(rpc.delete, { path: "/a/b", recursive: true });
  expect(await usageOf(client, "/a")).toBe("count=2,bytes=7");
  await stop();
  const again = await startServer({ journal: new MemoryJournal(journal.store) });
  expect(await usageOf(again.client, "/a")).toBe("count=2,bytes=7");
});

test("a hard count: reached, over, raised, and lowered below what is used", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/test" });
  await setQuota(client, "/test", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2");
  await client.unary(rpc.create, { path: "/test/1" });
  const over = failureOf(client.unary(rpc.create, { path: "/test/2" }));
  expect(await over).toMatchObject(exceeded("/test", "count", 2, 3));
  await setQuota(client, "/test", "countHardLimit=3");
  await client.unary(rpc.create, { path: "/test/2" });
  await setQuota(client, "/test", "countHardLimit=1");
  expect(await failureOf(client.unary(rpc.create, { path: "/test/3" }))).toMatchObject(
    exceeded("/test", "count", 1, 4),
  );
  await client.unary(rpc.delete, { path: "/test/1" });
  await client.unary(rpc.set, { path: "/test", text: "data are not nodes" });
});

test("hard bytes: reached, over, and less or as many again", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/test", text: "12345" });
  await setQuota(client, "/test", "byteHardLimit=10");
  await client.unary(rpc.create, { path: "/test/sub", text: "12345" });
  expect(await failureOf(client.unary(rpc.set, { path: "/test", text: "123456" }))).toMatchObject(
    exceeded("/test", "bytes", 10, 11),
  );
  const wrongVersion = { path: "/test", text: "123456", version: 9 };
  expect(await failureOf(client.unary(rpc.set, wrongVersion))).toMatchObject({ reason: "QUOTA_EXCEEDED" });
  await client.unary(rpc.set, { path: "/test", text: "54321" });
  await client.unary(rpc.set, { path: "/test", text: "1234" });
  await client.unary(rpc.create, { path: "/test/one", text: "1" });
  expect(await usageOf(client, "/test")).toBe("count=3,bytes=10");
});

test("wrong limits are refused, and the usage is nobody's to set", async () => {
  const { client } = await startServer();
  const limits = { path: "/zookeeper/quota/a/zookeeper_limits", parents: CreateParents.PERSISTENT };
  expect(await failureOf(client.unary(rpc.create, { ...limits, text: "much" }))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field: "data",
  });
  await client.unary(rpc.create, limits);
  const usage = { path: "/zookeeper/quota/a/zookeeper_stats", text: "count=0,bytes=0" };
  expect(await failureOf(client.unary(rpc.set, usage))).toMatchObject({ reason: "BAD_ARGUMENTS" });
});

test("the quota ends with its limits, as ZooKeeper's command line deletes them", async () => {
  const { client } = await startServer();
  await setQuota(client, "/a", "countHardLimit=0");
  expect(await failureOf(client.unary(rpc.create, { path: "/a" }))).toMatchObject({
    reason: "QUOTA_EXCEEDED",
  });
  const { children } = await client.unary(rpc.list, { path: "/zookeeper/quota/a" });
  for (const { name } of children) await client.unary(rpc.delete, { path: `/zookeeper/quota/a/${name}` });
  await client.unary(rpc.delete, { path: "/zookeeper/quota/a" });
  await client.unary(rpc.create, { path: "/a" });
});

test("quotas nest, and the outer one is named when both are exceeded", async () => {
  const { client } = await startServer();
  await setQuota(client, "/a", "countHardLimit=3");
  await setQuota(client, "/a/b", "countHardLimit=1");
  await client.unary(rpc.create, { path: "/a/b", parents: CreateParents.PERSISTENT });
  expect(await failureOf(client.unary(rpc.create, { path: "/a/b/c" }))).toMatchObject(
    exceeded("/a/b", "count", 1, 2),
  );
  await client.unary(rpc.create, { path: "/a/c" });
  expect(await failureOf(client.unary(rpc.create, { path: "/a/b/c" }))).toMatchObject(
    exceeded("/a", "count", 3, 4),
  );
});

test("writes sent together are counted together, and so are the operations of a transaction", async () => {
  const { client } = await startServer();
  await setQuota(client, "/a", "countHardLimit=11");
  await client.unary(rpc.create, { path: "/a" });
  const creates = Array.from({ length: 50 }, (_, i) => client.unary(rpc.create, { path: `/a/${i}` }));
  const settled = await Promise.allSettled(creates);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  expect(await usageOf(client, "/a")).toBe("count=11,bytes=0");
  const operations = [
    { operation: { case: "delete" as const, value: { path: "/a/0" } } },
    { operation: { case: "create" as const, value: { path: "/a/x" } } },
    { operation: { case: "create" as const, value: { path: "/a/y" } } },
  ];
  expect(await failureOf(client.unary(rpc.transact, { operations }))).toMatchObject({
    reason: "QUOTA_EXCEEDED",
    facts: { path: "/a", kind: "count", limit: "11", actual: "12", op_index: "2", branch: "then" },
  });
  await client.unary(rpc.transact, { operations: operations.slice(0, 2) });
});

test("the end of a session frees what its ephemeral nodes took, however low the limits are", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/a" });
  const { sessionToken } = await client.unary(rpc.openSession, {});
  const node = { path: "/a/e", text: "123", mode: CreateMode.EPHEMERAL_SEQUENTIAL };
  for (let i = 0; i < 3; i++) await client.unary(rpc.create, node, { session: sessionToken });
  await setQuota(client, "/a", "countHardLimit=1;byteHardLimit=0");
  expect(await failureOf(client.unary(rpc.create, node, { session: sessionToken }))).toMatchObject({
    reason: "QUOTA_EXCEEDED",
  });
  await client.unary(rpc.closeSession, { sessionToken });
  expect(await usageOf(client, "/a")).toBe("count=1,bytes=0");
});

test("what is counted wakes no watch of the usage", async () => {
  const { client } = await startServer();
  await setQuota(client, "/a", "count=5");
  const stream = client.bidi(rpc.watch);
  const path = "/zookeeper/quota/a/zookeeper_stats";
  stream.send({ add: [{ watchId: 1n, path, kind: WatchKind.PERSISTENT }], bookmark: true });
  await stream.next();
  await client.unary(rpc.create, { path: "/a" });
  await client.unary(rpc.delete, { path });
  const { events } = (await stream.next())!;
  expect(events.map(({ kind, path }) => [kind, path])).toEqual([[WatchEventKind.NODE_DELETED, path]]);
  stream.cancel();
});
