import { Metadata } from "@grpc/grpc-js";
import { beforeEach, expect, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import type { AuditEntry } from "../../src/engine/audit.ts";
import { readBackup } from "../../src/journal/backup/reader.ts";
import {
  backupBlockBytes,
  backupChunkBytesMax,
  backupPageRows,
  backupsMax,
  scanIdleMaxMs,
  scansMax,
} from "../../src/limits.ts";
import { treeOf, wholeOf } from "../support/backup.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
let server: TestServer;

beforeEach(async () => {
  server = await startServer({ version: "1.2.3" });
});

function start() {
  return server.client.serverStream(Admin.method.backup, {});
}

async function rest(stream: ReturnType<typeof start>) {
  const parts = [];
  for (let part = await stream.next(); part !== undefined; part = await stream.next()) parts.push(part);
  return parts;
}

test("the chunks are a backup of everything, sessions and requests included", async () => {
  const { client, engine } = server;
  const { sessionToken: session } = await client.unary(rpc.openSession, { owner: "ada" });
  await client.unary(rpc.create, { path: "/a", text: "data" });
  await client.unary(rpc.create, { path: "/a/e", mode: CreateMode.EPHEMERAL }, { session });
  const acl = [{ identity: { scheme: "world", id: "anyone" }, permissions: [1] }];
  await client.unary(rpc.create, { path: "/a/acl", acl });
  const metadata = new Metadata();
  metadata.set("corral-request-id", "r".repeat(20));
  await client.unary(rpc.create, { path: "/b" }, { metadata });
  await client.unary(rpc.create, { path: "/zookeeper/quota/a" });
  await client.unary(rpc.create, { path: "/zookeeper/quota/a/zookeeper_limits", text: "count=100" });
  const stream = start();
  const parts = await rest(stream);
  expect(await stream.status).toMatchObject({ code: "OK" });
  const chunks = parts.map(({ chunk }) => chunk);
  expect(wholeOf(await treeOf(chunks))).toEqual(wholeOf(engine.tree));
  const { zxid, nodeCount } = engine.tree;
  expect(await readBackup(chunks)).toMatchObject({
    zxid,
    databaseId: "00000000000000aa",
    serverVersion: "1.2.3",
  });
  expect(parts.at(-1)).toMatchObject({
    zxid: BigInt(zxid),
    nodes: BigInt(nodeCount),
    nodesTotal: BigInt(nodeCount),
  });
});

test("what a quota's node shows is not in it: it is counted", async () => {
  const { client } = server;
  await client.unary(rpc.create, { path: "/zookeeper/quota/a" });
  await client.unary(rpc.create, { path: "/zookeeper/quota/a/zookeeper_limits", text: "count=100" });
  const path = "/zookeeper/quota/a/zookeeper_stats";
  const chunks = (await rest(start())).map(({ chunk }) => chunk);
  const stored: number[] = [];
  const ignore = () => {};
  await readBackup(chunks, {
    head: ignore,
    session: ignore,
    request: ignore,
    node: (at, { dataLength }, data) => {
      if (at === path) stored.push(dataLength, data.length);
    },
  });
  expect(stored).toEqual([0, 0]);
});

test("whatever happens meanwhile, it shows the state of its zxid", async () => {
  const { client, engine } = server;
  for (let i = 0; i < 40; i++)
    await client.unary(rpc.create, { path: `/n-${i}`, data: Buffer.alloc(500_000) });
  for (let i = 0; i < backupPageRows + 1; i++) await engine.openSession(0);
  const before = wholeOf(engine.tree);
  const stream = start();
  const first = (await stream.next())!;
  await client.unary(rpc.set, { path: "/n-9", text: "other" });
  await client.unary(rpc.delete, { path: "/n-8" });
  await client.unary(rpc.create, { path: "/n-99" });
  await client.unary(rpc.openSession, {});
  const parts = [first, ...(await rest(stream))];
  expect(wholeOf(await treeOf(parts.map(({ chunk }) => chunk)))).toEqual(before);
  expect(new Set(parts.map(({ zxid }) => zxid))).toEqual(new Set([BigInt(before.zxid)]));
  const counts = parts.map(({ nodes }) => Number(nodes));
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
});

test("a chunk fits a message, however large a remembered answer is", async () => {
  const answer = "x".repeat(5 * backupChunkBytesMax);
  server.engine.tree.putRequest({ zxid: 0, timeMs: 1, key: "k", fingerprint: "f", answer, holder: "" });
  const sizes = (await rest(start())).map(({ chunk }) => chunk.length);
  expect(Math.max(...sizes)).toBe(backupChunkBytesMax);
  expect(backupBlockBytes).toBeLessThan(backupChunkBytesMax);
});

test("a backup is for who has ADMIN on the root, and may then read everything", async () => {
  const { client } = server;
  await client.unary(rpc.create, { path: "/secret", text: "x" });
  await client.unary(rpc.setAcl, {
    path: "/secret",
    acl: [{ identity: { scheme: "jwt", id: "ada" }, permissions: [1] }],
  });
  const chunks = (await rest(start())).map(({ chunk }) => chunk);
  expect((await treeOf(chunks)).node("/secret")).toBeDefined();
  await client.unary(rpc.setAcl, {
    path: "/",
    acl: [{ identity: { scheme: "world", id: "anyone" }, permissions: [1, 2, 3, 4] }],
  });
  const stream = start();
  expect(await rest(stream)).toEqual([]);
  expect(await stream.status).toMatchObject({ code: "PERMISSION_DENIED", reason: "NO_AUTH" });
});

test("the audit log tells who took a backup, and who tried to", async () => {
  const entries: AuditEntry[] = [];
  const audit = { serverUser: "server", write: (entry: AuditEntry) => void entries.push(entry) };
  server = await startServer({ audit });
  await rest(start());
  const acl = [{ identity: { scheme: "world", id: "anyone" }, permissions: [1] }];
  await server.client.unary(rpc.setAcl, { path: "/", acl });
  await rest(start());
  expect(entries.filter(({ operation }) => operation === "backup")).toMatchObject([
    { result: "success", user: "127.0.0.1" },
    { result: "failure", reason: "NO_AUTH" },
  ]);
});

test("backups have places of their own, and a limit", async () => {
  const options = { withData: false, identities: [] };
  const scans = Array.from({ length: scansMax }, () => server.engine.scans.open("/", options, () => {}));
  expect((await rest(start())).length).toBeGreaterThan(0);
  const backups = Array.from({ length: backupsMax }, () => server.engine.backup(() => {}, {}));
  const stream = start();
  expect(await stream.next()).toBeUndefined();
  expect(await stream.status).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "OVERLOADED" });
  for (const each of [...scans, ...backups]) each.close();
  expect((await rest(start())).length).toBeGreaterThan(0);
});

test("a reader that takes nothing is told that it is too slow, and the file says that it is not whole", async () => {
  const { client, clock } = server;
  for (let i = 0; i < 60; i++)
    await client.unary(rpc.create, { path: `/n-${i}`, data: Buffer.alloc(1_000_000) });
  const stream = start();
  const first = (await stream.next())!;
  clock.advance(scanIdleMaxMs);
  const parts = [first, ...(await rest(stream))];
  expect(await stream.status).toMatchObject({ reason: "SCAN_TOO_SLOW", facts: { what: "milliseconds" } });
  await expect(readBackup(parts.map(({ chunk }) => chunk))).rejects.toThrow("cut short");
});

test("a backup ends with its client, and costs nothing after that", async () => {
  const { client, clock } = server;
  for (let i = 0; i < 60; i++)
    await client.unary(rpc.create, { path: `/n-${i}`, data: Buffer.alloc(1_000_000) });
  const timers = clock.pendingTimers;
  const stream = start();
  await stream.next();
  expect(clock.pendingTimers).toBe(timers + 1);
  stream.cancel();
  await stream.status;
  await client.unary(rpc.sync, {});
  await expect.poll(() => clock.pendingTimers).toBe(timers);
});
