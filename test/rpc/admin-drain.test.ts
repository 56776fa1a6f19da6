// A server that is run empty, and how much its log tells.
import { expect, test } from "vitest";
import { Admin, LogLevel } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent } from "../../gen/ts/corral/v1/session_pb.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/ts/grpc/health/v1/health_pb.js";
import type { DrainEvent } from "../../src/engine/drain.ts";
import { as, entrust, holding, startAudited } from "../support/admin.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const admin = Admin.method;

/** What Check says of the server and of the service. */
async function health(client: RpcClient): Promise<Status[]> {
  const checks = ["", Coordination.typeName].map((service) => client.unary(Health.method.check, { service }));
  return (await Promise.all(checks)).map(({ status }) => status);
}

const draining = {
  code: "UNAVAILABLE",
  reason: "DRAINING",
  message:
    "the server is being drained and takes no new sessions; open it on another server, or here once that is over",
};

test("a server that drains refuses new sessions and goes on for those that it has, until they are gone", async () => {
  const { client, engine } = await startServer();
  const events: DrainEvent[] = [];
  engine.drain.subscribe((event) => events.push(event));
  const provider = await holding(client);
  const { token: session } = provider;
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
  const answer = await client.unary(admin.setDraining, { draining: true });
  expect(answer).toMatchObject({ draining: true, sessions: 1, connections: 1 });
  expect(engine.draining).toBe(true);

  expect(await failureOf(client.unary(rpc.openSession, {}))).toMatchObject(draining);
  const another = client.bidi(rpc.keepAlive);
  another.send({});
  expect(await another.status).toMatchObject(draining);
  expect(engine.tree.sessionCount).toBe(1);

  provider.stream.send({});
  expect((await provider.stream.next())?.event).toBe(KeepAliveEvent.ALIVE);
  const again = await holding(client, session);
  expect(again.sessionId).toBe(provider.sessionId);
  expect(await provider.stream.status).toMatchObject({ reason: "SESSION_MOVED" });
  await client.unary(rpc.create, { path: "/f", mode: CreateMode.EPHEMERAL }, { session });
  await client.unary(rpc.set, { path: "/e", text: "x" });
  expect((await client.unary(rpc.get, { path: "/e", asText: true })).text).toBe("x");

  expect(events).toEqual(["draining"]);
  again.stream.send({ close: true });
  await again.stream.next();
  expect(events).toEqual(["draining", "drained"]);
});

test("a server that drains is not serving for probes, and is again when that is taken back", async () => {
  const { client, engine } = await startServer();
  const watch = client.serverStream(Health.method.watch, { service: Coordination.typeName });
  expect((await watch.next())?.status).toBe(Status.SERVING);
  await client.unary(admin.setDraining, { draining: true });
  expect((await watch.next())?.status).toBe(Status.NOT_SERVING);
  expect(await health(client)).toEqual([Status.NOT_SERVING, Status.NOT_SERVING]);
  await client.unary(admin.setDraining, { draining: false });
  expect((await watch.next())?.status).toBe(Status.SERVING);
  expect(await health(client)).toEqual([Status.SERVING, Status.SERVING]);
  expect(engine.draining).toBe(false);
  await client.unary(rpc.openSession, {});
  watch.cancel();
});

test("a server that is stopped stays out of service, whatever is said of draining", async () => {
  const { client, grpc } = await startServer();
  await client.unary(admin.setDraining, { draining: true });
  grpc.setServing(false);
  await client.unary(admin.setDraining, { draining: false });
  expect(await health(client)).toEqual([Status.NOT_SERVING, Status.NOT_SERVING]);
});

test("a server without sessions is drained at once", async () => {
  const { client, engine } = await startServer();
  const events: DrainEvent[] = [];
  engine.drain.subscribe((event) => events.push(event));
  for (const on of [true, true, false, false]) {
    expect(await client.unary(admin.setDraining, { draining: on })).toMatchObject({
      draining: on,
      sessions: 0,
    });
  }
  expect(events).toEqual(["draining", "drained", "ended"]);
});

test("draining is not kept over a restart", async () => {
  const journal = new MemoryJournal();
  const first = await startServer({ journal });
  await first.client.unary(admin.setDraining, { draining: true });
  const { client, engine } = await startServer({ journal: journal.crash({ pendingStored: false }) });
  expect(engine.draining).toBe(false);
  expect(await health(client)).toEqual([Status.SERVING, Status.SERVING]);
  await client.unary(rpc.openSession, {});
});

test("SetDraining is audited when it changes something", async () => {
  const { client, audited } = await startAudited();
  for (const on of [true, true, false]) await client.unary(admin.setDraining, { draining: on }, as("ada"));
  const line = { user: "ada", ip: "127.0.0.1", operation: "setDraining", result: "success" };
  expect(audited).toEqual([
    { ...line, value: "true" },
    { ...line, value: "false" },
  ]);
});

/** A log that writes down what it is told, as far as its level allows. */
function levelled() {
  const lines: unknown[] = [];
  return {
    lines,
    level: "info" as "error" | "warn" | "info" | "debug",
    error: () => {},
    warn(fields: object) {
      if (this.level !== "error") lines.push(fields);
    },
  };
}

test("SetLogLevel sets the level, answers the one before, and is told in the log whichever way it goes", async () => {
  const log = levelled();
  const { client, audited } = await startAudited({ log });
  const set = async (level: LogLevel) =>
    (await client.unary(admin.setLogLevel, { level }, as("ada"))).previous;
  expect(await set(LogLevel.DEBUG)).toBe(LogLevel.INFO);
  expect(await set(LogLevel.DEBUG)).toBe(LogLevel.DEBUG);
  expect(await set(LogLevel.ERROR)).toBe(LogLevel.DEBUG);
  expect(log.level).toBe("error");
  expect(await set(LogLevel.WARN)).toBe(LogLevel.ERROR);
  expect(await set(LogLevel.INFO)).toBe(LogLevel.WARN);
  expect(log.lines).toEqual([
    { previous: "info", level: "debug" },
    { previous: "debug", level: "error" },
    { previous: "error", level: "warn" },
    { previous: "warn", level: "info" },
  ]);
  const line = { user: "ada", ip: "127.0.0.1", operation: "setLogLevel", result: "success" };
  expect(audited).toEqual(["debug", "error", "warn", "info"].map((value) => ({ ...line, value })));
});

test.each([LogLevel.UNSPECIFIED, 5 as LogLevel])("level %s is refused", async (level) => {
  const log = levelled();
  const { client } = await startServer({ log });
  expect(await failureOf(client.unary(admin.setLogLevel, { level }))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field: "level",
  });
  expect(log.level).toBe("info");
});

test("without ADMIN on / nothing is set, and the audit log tells who tried", async () => {
  const log = levelled();
  const { client, engine, audited } = await startAudited({ log });
  await entrust(client, "ada");
  audited.length = 0;
  const calls = [
    client.unary(admin.setDraining, { draining: true }, as("bob")),
    client.unary(admin.setLogLevel, { level: LogLevel.DEBUG }, as("bob")),
  ];
  for (const call of calls)
    expect(await failureOf(call)).toMatchObject({ code: "PERMISSION_DENIED", reason: "NO_AUTH" });
  expect([engine.draining, log.level]).toEqual([false, "info"]);
  const line = { user: "bob", ip: "127.0.0.1", result: "failure", reason: "NO_AUTH" };
  expect(audited).toEqual([
    { ...line, operation: "setDraining" },
    { ...line, operation: "setLogLevel" },
  ]);
  for (const user of ["ada", "root"]) {
    await client.unary(admin.setDraining, { draining: user === "ada" }, as(user));
    expect(engine.draining).toBe(user === "ada");
  }
});
