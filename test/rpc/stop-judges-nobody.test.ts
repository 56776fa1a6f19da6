// A stop cuts clients off, so from its beginning on nobody's silence counts.
import { expect, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { settle } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const minuteMs = 60_000;

/** A server with a write that waits for the disk, so that its stop waits too. */
async function busyServer() {
  const journal = new MemoryJournal();
  const server = await startServer({ journal });
  const { client } = server;
  const { sessionToken, sessionId } = await client.unary(rpc.openSession, { timeoutMs: 4_000 });
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session: sessionToken });
  await client.unary(rpc.create, { path: "/c", mode: CreateMode.CONTAINER });
  await client.unary(rpc.create, { path: "/c/child" });
  await client.unary(rpc.create, { path: "/t", mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 5_000n });
  return { ...server, journal, sessionId };
}

async function holdAndStop({ client, grpc, engine }: TestServer, journal: MemoryJournal) {
  journal.hold();
  const write = client.unary(rpc.delete, { path: "/c/child" });
  await expect.poll(() => engine.writes.waiting).toBe(1);
  return { write, stopped: grpc.stop(20_000) };
}

test("while a stop waits, no session expires and no node is reaped", async () => {
  const server = await busyServer();
  const { engine, clock, journal } = server;
  const { write, stopped } = await holdAndStop(server, journal);
  for (let i = 0; i < 100; i++) {
    clock.advance(minuteMs / 100);
    await settle();
  }
  journal.release();
  await Promise.all([write, stopped]);
  expect(engine.tree.sessionCount).toBe(1);
  // /c is empty since the release, and /t was not set for a minute.
  for (const path of ["/e", "/c", "/t"]) expect(engine.tree.node(path), path).toBeDefined();
  clock.advance(minuteMs);
  await settle();
  for (const path of ["/e", "/c", "/t"]) expect(engine.tree.node(path), path).toBeDefined();
});

test("while a stop waits, an operator can end no session", async () => {
  const server = await busyServer();
  const { client, engine, journal, sessionId } = server;
  const { write, stopped } = await holdAndStop(server, journal);
  const refused = await failureOf(client.unary(Admin.method.expireSession, { sessionId }));
  expect(refused).toMatchObject({ code: "UNAVAILABLE", reason: "SHUTTING_DOWN" });
  journal.release();
  await Promise.all([write, stopped]);
  expect(engine.tree.sessionCount).toBe(1);
});

test("of many sessions that run out at once, those whose end was not asked for before the stop live on", async () => {
  const { engine, clock } = await startServer();
  for (let i = 0; i < 1_000; i++) await engine.openSession(4_000);
  clock.advance(10_000);
  engine.stopJudging();
  await settle();
  await expect.poll(() => engine.writes.waiting).toBe(0);
  expect(engine.tree.sessionCount).toBeGreaterThan(0);
});
