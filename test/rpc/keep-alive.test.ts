import { expect, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent } from "../../gen/ts/corral/v1/session_pb.js";
import { unreadMessagesMax } from "../../src/limits.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/** A stream that has opened a session, or attached to the one of a token. */
async function keepAlive(client: RpcClient, first: { sessionToken?: string; timeoutMs?: number } = {}) {
  const stream = client.bidi(rpc.keepAlive);
  stream.send(first);
  const answer = await stream.next();
  if (answer === undefined) throw new Error(JSON.stringify(await stream.status));
  return { stream, answer, token: first.sessionToken ?? answer.sessionToken };
}

test("one stream opens a session, keeps it alive and closes it", async () => {
  const { client, engine, clock } = await startServer();
  const { stream, answer, token } = await keepAlive(client, { timeoutMs: 6_000 });
  expect(answer).toMatchObject({
    event: KeepAliveEvent.OPENED,
    sessionId: 1n,
    timeoutMs: 6_000,
    expiresInMs: 6_000,
    zxid: 1n,
  });
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session: token });
  for (let i = 0; i < 10; i++) {
    clock.advance(5_000);
    stream.send(i % 2 === 0 ? {} : { sessionToken: token });
    expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.ALIVE, expiresInMs: 6_000, zxid: 2n });
  }
  stream.send({ close: true });
  expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.CLOSED, zxid: 3n });
  expect(await stream.next()).toBeUndefined();
  expect(await stream.status).toMatchObject({ code: "OK" });
  expect(engine.tree.node("/e")).toBeUndefined();
});

test("a session outlives its stream; a half-close ends the stream with OK", async () => {
  const { client, engine, clock } = await startServer();
  const { stream, token } = await keepAlive(client);
  stream.end();
  expect(await stream.status).toMatchObject({ code: "OK" });
  clock.advance(9_000);
  const again = await keepAlive(client, { sessionToken: token });
  expect(again.answer).toMatchObject({
    event: KeepAliveEvent.ATTACHED,
    sessionId: 1n,
    sessionToken: "",
    timeoutMs: 10_000,
    expiresInMs: 10_000,
  });
  again.stream.cancel();
  expect(await again.stream.status).toMatchObject({ code: "CANCELLED" });
  expect(engine.tree.session(1)).toBeDefined();
});

test("a stream that is gone lets go of its session", async () => {
  const { client, engine } = await startServer();
  const attach = vi.spyOn(engine, "attach");
  const { stream } = await keepAlive(client);
  const detach = vi.spyOn(await attach.mock.results[0]!.value, "detach");
  stream.cancel();
  await vi.waitFor(() => expect(detach).toHaveBeenCalled());
});

test("attaching with a timeout negotiates it anew", async () => {
  const { client } = await startServer();
  const { token } = await keepAlive(client);
  const { answer } = await keepAlive(client, { sessionToken: token, timeoutMs: 1 });
  expect(answer).toMatchObject({ event: KeepAliveEvent.ATTACHED, timeoutMs: 4_000, expiresInMs: 4_000 });
});

test("a second stream takes the session over, and the first one is told", async () => {
  const { client } = await startServer();
  const first = await keepAlive(client);
  const second = await keepAlive(client, { sessionToken: first.token });
  expect(await first.stream.status).toMatchObject({
    code: "ABORTED",
    reason: "SESSION_MOVED",
    facts: { session_id: "1" },
  });
  second.stream.send({});
  expect(await second.stream.next()).toMatchObject({ event: KeepAliveEvent.ALIVE });
});

test("silence ends the session and its stream", async () => {
  const { client, engine, clock } = await startServer();
  const { stream, token } = await keepAlive(client);
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session: token });
  // Calls do not count as heartbeats.
  clock.advance(9_999);
  await client.unary(rpc.get, { path: "/e" }, { session: token });
  clock.advance(2_000);
  expect(await stream.status).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "SESSION_EXPIRED",
    facts: { session_id: "1" },
  });
  expect(engine.tree.node("/e")).toBeUndefined();
  const attached = client.bidi(rpc.keepAlive);
  attached.send({ sessionToken: token });
  expect(await attached.status).toMatchObject({ reason: "SESSION_EXPIRED" });
});

test("a close from elsewhere ends the stream with SESSION_EXPIRED", async () => {
  const { client } = await startServer();
  const { stream, token } = await keepAlive(client);
  await client.unary(rpc.closeSession, { sessionToken: token });
  expect(await stream.status).toMatchObject({ reason: "SESSION_EXPIRED" });
});

test("the holder learns which of its ephemeral nodes somebody else deleted", async () => {
  const { client } = await startServer();
  const { stream, token } = await keepAlive(client);
  for (const path of ["/mine", "/lost"]) {
    await client.unary(rpc.create, { path, mode: CreateMode.EPHEMERAL }, { session: token });
  }
  await client.unary(rpc.delete, { path: "/mine" }, { session: token });
  const { zxid } = await client.unary(rpc.delete, { path: "/lost" });
  expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.EPHEMERAL_LOST, path: "/lost", zxid });
});

test("the holder learns in one message of all that one change took, however many, and keeps its stream", async () => {
  const { client, engine } = await startServer();
  const { stream, token } = await keepAlive(client);
  const caller = { sessionId: engine.authenticate(token).id };
  const [data, count] = [new Uint8Array(), 3_000];
  await engine.submit({ op: "create", path: "/p", data, mode: "persistent" }, {});
  const create = (i: number) =>
    engine.submit({ op: "create", path: `/p/${i}`, data, mode: "ephemeral" }, caller);
  await Promise.all(Array.from({ length: count }, (_, i) => create(i)));
  const { zxid } = await client.unary(rpc.delete, { path: "/p", recursive: true });
  const lost = (await stream.next())!;
  expect(lost).toMatchObject({ event: KeepAliveEvent.EPHEMERAL_LOST, zxid });
  expect(new Set([lost.path, ...lost.morePaths])).toEqual(
    new Set(Array.from({ length: count }, (_, i) => `/p/${i}`)),
  );
  stream.send({});
  expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.ALIVE });
});

test("only the first message names a session and a timeout", async () => {
  const { client, engine } = await startServer();
  for (const [field, message] of [
    ["session_token", { sessionToken: "1.other" }],
    ["timeout_ms", { timeoutMs: 5_000 }],
  ] as const) {
    const { stream } = await keepAlive(client);
    stream.send(message);
    expect(await stream.status).toMatchObject({ code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field });
  }
  // The mistake ends the stream, not the session.
  expect(engine.tree.sessionCount).toBe(2);
});

test("a stream on which nothing is said opens nothing", async () => {
  const { client, engine } = await startServer();
  const stream = client.bidi(rpc.keepAlive);
  stream.end();
  expect(await stream.status).toMatchObject({ code: "OK" });
  expect(engine.tree.sessionCount).toBe(0);
});

test("the first message may already ask for the close", async () => {
  const { client, engine } = await startServer();
  const { token, stream: held } = await keepAlive(client);
  const stream = client.bidi(rpc.keepAlive);
  stream.send({ sessionToken: token, close: true });
  expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.ATTACHED });
  expect(await stream.next()).toMatchObject({ event: KeepAliveEvent.CLOSED });
  expect(await stream.status).toMatchObject({ code: "OK" });
  expect(await held.status).toMatchObject({ reason: "SESSION_MOVED" });
  expect(engine.tree.sessionCount).toBe(0);
});

test("a holder that does not read loses the stream, not the session, and costs a bounded backlog", async () => {
  const { client, engine } = await startServer();
  const { stream, token } = await keepAlive(client);
  const caller = { sessionId: engine.authenticate(token).id };
  const data = new Uint8Array();
  // Long paths fill the windows of HTTP/2 before the backlog starts to grow.
  const paths = Array.from({ length: unreadMessagesMax + 200 }, (_, i) => `/${"x".repeat(1_000)}${i}`);
  stream.call.pause();
  await Promise.all(
    paths.map((path) => engine.submit({ op: "create", path, data, mode: "ephemeral" }, caller)),
  );
  await Promise.all(paths.map((path) => engine.submit({ op: "delete", path, version: -1 }, {})));
  let received = 0;
  while ((await stream.next()) !== undefined) received++;
  expect(await stream.status).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "OVERLOADED",
    facts: { limit: String(unreadMessagesMax) },
  });
  expect(received).toBeGreaterThanOrEqual(unreadMessagesMax);
  expect(received).toBeLessThan(paths.length);
  expect(engine.tree.session(caller.sessionId)).toBeDefined();
});

test("CloseSession of a session that is not there is SESSION_EXPIRED", async () => {
  const { client } = await startServer();
  for (const sessionToken of ["", "1.x", "7.0123456789abcdef"]) {
    expect(await failureOf(client.unary(rpc.closeSession, { sessionToken }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "SESSION_EXPIRED",
    });
  }
});

test("OpenSession answers the granted timeout, clamped and never refused", async () => {
  const { client } = await startServer();
  const granted = [];
  for (const timeoutMs of [0, 1, -5, 7_000, 2_147_483_647]) {
    granted.push((await client.unary(rpc.openSession, { timeoutMs })).timeoutMs);
  }
  expect(granted).toEqual([10_000, 4_000, 4_000, 7_000, 40_000]);
});
