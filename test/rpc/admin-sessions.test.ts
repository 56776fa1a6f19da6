// Who holds what, and the end of a session at an operator's word.
import { expect, test } from "vitest";
import { Admin, SessionState } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchEventKind, WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { createdNode } from "../../src/core/node.ts";
import { sessionsListedBytesMax, sessionsListedDefault, sessionsListedMax } from "../../src/limits.ts";
import { as, entrust, holding, startAudited } from "../support/admin.ts";
import { eventually } from "../support/client.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { failureOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const admin = Admin.method;

const list = (client: RpcClient, request = {}) => client.unary(admin.listSessions, request);

async function openMany({ engine }: TestServer, count: number, owner = "") {
  await Promise.all(Array.from({ length: count }, () => engine.openSession(0, owner)));
}

test("ListSessions tells who holds a session, until when, and what hangs on it", async () => {
  const { client, clock, engine } = await startServer();
  const { stream, sessionId, token } = await holding(client, "", as("ada"));
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session: token });
  const watching = client.bidi(rpc.watch, { session: token });
  const add = [1n, 2n].map((watchId) => ({ watchId, path: "/a", kind: WatchKind.PERSISTENT }));
  watching.send({ add });
  await watching.next();
  const opened = await client.unary(rpc.openSession, { timeoutMs: 4_000, owner: "billing-7" });
  clock.advance(500);
  const { sessions, more, openSessions } = await list(client);
  expect({ more, openSessions }).toEqual({ more: false, openSessions: 2 });
  expect(sessions).toMatchObject([
    {
      sessionId,
      owner: "",
      timeoutMs: 10_000,
      state: SessionState.ATTACHED,
      expiresInMs: 9_500,
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      ephemeralNodes: 1,
      watchStreams: 1,
      watches: 2,
    },
    {
      sessionId: opened.sessionId,
      owner: "billing-7",
      timeoutMs: 4_000,
      state: SessionState.DETACHED,
      expiresInMs: 3_500,
      peer: "127.0.0.1",
      ephemeralNodes: 0,
      watchStreams: 0,
      watches: 0,
    },
  ]);
  stream.end();
  await stream.status;
  watching.cancel();
  await eventually(() => engine.sessions.list(0).every(({ watchStreams }) => watchStreams === 0));
  expect((await list(client)).sessions[0]).toMatchObject({ state: SessionState.DETACHED, watches: 0 });
});

test("ListSessions shows who opened a session, and neither its token nor the hash of a password", async () => {
  const { client } = await startServer();
  const { sessionToken } = await client.unary(rpc.openSession, {}, as("ada"));
  await holding(client, sessionToken, as("bob"));
  const answer = await list(client);
  expect(answer.sessions[0]!.identities.map(({ scheme, id }) => `${scheme}:${id}`)).toEqual([
    "ip:127.0.0.1",
    "digest:ada:x",
  ]);
  const text = JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  expect(text).not.toContain(sessionToken.split(".")[1]!);
});

test("after a restart a session is nobody's until somebody attaches to it", async () => {
  const journal = new MemoryJournal();
  const first = await startServer({ journal });
  const { sessionToken } = await first.client.unary(rpc.openSession, {}, as("ada"));
  const { client } = await startServer({ journal: journal.crash({ pendingStored: false }) });
  expect((await list(client)).sessions).toMatchObject([
    { state: SessionState.DETACHED, expiresInMs: 10_000, peer: "", identities: [] },
  ]);
  await holding(client, sessionToken, as("bob"));
  expect((await list(client)).sessions).toMatchObject([
    { state: SessionState.ATTACHED, identities: [{ scheme: "ip" }, { id: "bob:x" }] },
  ]);
});

test("a session that has expired is ending until the disk has taken that", async () => {
  const journal = new MemoryJournal();
  const { client, clock, engine } = await startServer({ journal });
  await client.unary(rpc.openSession, { timeoutMs: 4_000 });
  journal.hold();
  for (let ms = 0; ms < 5_000; ms += 500) clock.advance(500);
  expect((await list(client)).sessions).toMatchObject([{ state: SessionState.ENDING, expiresInMs: 0 }]);
  journal.release();
  await eventually(() => engine.tree.sessionCount === 0);
  expect(await list(client)).toMatchObject({ sessions: [], openSessions: 0 });
});

test("ListSessions answers pages in the order of the ids, each session once", async () => {
  const server = await startServer();
  const { client } = server;
  await openMany(server, sessionsListedDefault + 1);
  const page = async (request: { afterSessionId?: bigint; limit?: number }) => {
    const { sessions, more } = await list(client, request);
    return { ids: sessions.map(({ sessionId }) => sessionId), more };
  };
  const all = await page({ limit: sessionsListedMax });
  expect(all.more).toBe(false);
  expect(all.ids).toEqual([...server.engine.tree.sessions()].map(({ id }) => BigInt(id)));
  expect(await page({})).toEqual({ ids: all.ids.slice(0, -1), more: true });
  expect(await page({ limit: sessionsListedDefault + 1 })).toEqual(all);
  expect(await page({ afterSessionId: all.ids[2]!, limit: 2 })).toEqual({
    ids: all.ids.slice(3, 5),
    more: true,
  });
  expect(await page({ afterSessionId: all.ids.at(-3)!, limit: 2 })).toEqual({
    ids: all.ids.slice(-2),
    more: false,
  });
  expect(await page({ afterSessionId: all.ids.at(-1)! })).toEqual({ ids: [], more: false });
});

test("ListSessions ends a page before it is too long for a message", async () => {
  const server = await startServer();
  await openMany(server, 3_000, "é".repeat(128));
  const { sessions, more } = await list(server.client, { limit: sessionsListedMax });
  expect(more).toBe(true);
  expect(sessions.length * 256).toBeLessThan(sessionsListedBytesMax);
});

test("with ending_within_ms, ListSessions finds those that end soonest", async () => {
  const { client, clock } = await startServer();
  const { sessionId: long } = await client.unary(rpc.openSession, { timeoutMs: 20_000 });
  const { sessionId: short } = await client.unary(rpc.openSession, { timeoutMs: 4_000 });
  clock.advance(500);
  const within = async (endingWithinMs: number) =>
    (await list(client, { endingWithinMs })).sessions.map(({ sessionId }) => sessionId);
  expect(await within(3_499)).toEqual([]);
  expect(await within(3_500)).toEqual([short]);
  expect(await within(19_500)).toEqual([long, short]);
});

test("10,000 sessions are listed without holding anybody up", async () => {
  const server = await startServer();
  await openMany(server, 10_000);
  const gaps: number[] = [];
  // The best of a few: this machine does other things too.
  for (let round = 0; round < 3; round++) {
    let last = performance.now();
    let longest = 0;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const { sessions, openSessions } = await list(server.client, { limit: sessionsListedDefault });
    clearInterval(timer);
    expect([sessions.length, openSessions]).toEqual([sessionsListedDefault, 10_000]);
    gaps.push(longest);
  }
  expect(Math.min(...gaps)).toBeLessThan(100);
});

test("ListEphemerals answers the nodes of one session, in pages by path", async () => {
  const { client } = await startServer();
  const { sessionId, sessionToken: session } = await client.unary(rpc.openSession, {});
  const other = await client.unary(rpc.openSession, {});
  const mode = CreateMode.EPHEMERAL;
  for (const path of ["/c", "/a", "/b"]) await client.unary(rpc.create, { path, mode }, { session });
  await client.unary(rpc.create, { path: "/other", mode }, { session: other.sessionToken });
  const page = async (request: { afterPath?: string; limit?: number } = {}) => {
    const { paths, more } = await client.unary(admin.listEphemerals, { sessionId, ...request });
    return { paths, more };
  };
  expect(await page()).toEqual({ paths: ["/a", "/b", "/c"], more: false });
  expect(await page({ limit: 2 })).toEqual({ paths: ["/a", "/b"], more: true });
  expect(await page({ limit: 2, afterPath: "/a" })).toEqual({ paths: ["/b", "/c"], more: false });
  expect(await page({ afterPath: "/c" })).toEqual({ paths: [], more: false });
});

test("ListEphemerals ends a page before it is too long for a message", async () => {
  // More than a session may have by now: of a database from before there was a limit of bytes.
  const store = new MemoryStore();
  const id = 1;
  store.sessions.set(id, { id, secret: "s", timeoutMs: 4_000, owner: "" });
  const record = createdNode({ zxid: 1, timeMs: 0 }, { ephemeralOwner: id }, 0);
  const name = "n".repeat(10_000);
  for (let i = 0; i < 120; i++) store.put(`/${name}${i}`, record);
  store.lastZxid = 1;
  const { client } = await startServer({ journal: new MemoryJournal(store) });
  const sessionId = BigInt(id);
  const { paths, more } = await client.unary(admin.listEphemerals, { sessionId });
  expect(more).toBe(true);
  const rest = await client.unary(admin.listEphemerals, { sessionId, afterPath: paths.at(-1)! });
  expect([paths.length + rest.paths.length, rest.more]).toEqual([120, false]);
});

test("ExpireSession ends a session as if it had expired: its holder, its nodes, its watchers", async () => {
  const { client, engine, audited } = await startAudited();
  const { stream, sessionId, token: session } = await holding(client);
  for (const path of ["/e", "/f"])
    await client.unary(rpc.create, { path, mode: CreateMode.EPHEMERAL }, { session });
  const watching = client.bidi(rpc.watch);
  watching.send({ add: [{ watchId: 1n, path: "/" }] });
  await watching.next();
  const own = client.bidi(rpc.watch, { session });
  own.send({ add: [{ watchId: 1n, path: "/" }] });
  audited.length = 0;
  const { zxid } = await client.unary(admin.expireSession, { sessionId }, as("ada"));
  const ended = {
    code: "FAILED_PRECONDITION",
    reason: "SESSION_EXPIRED",
    message: "an operator has ended the session; open a new one",
    facts: { session_id: String(sessionId) },
  };
  expect(await stream.status).toMatchObject(ended);
  expect(await own.status).toMatchObject(ended);
  const { events } = (await watching.next())!;
  expect(events.map((event) => [event.kind, event.path, event.zxid]).sort()).toEqual([
    [WatchEventKind.NODE_DELETED, "/e", zxid],
    [WatchEventKind.NODE_DELETED, "/f", zxid],
  ]);
  expect(engine.tree.sessionCount).toBe(0);
  const { user, ip } = { user: "ada", ip: "127.0.0.1" };
  expect(audited.map(({ operation }) => operation)).toEqual([
    "ephemeralZNodeDeletionOnSessionCloseOrExpire",
    "ephemeralZNodeDeletionOnSessionCloseOrExpire",
    "expireSession",
  ]);
  expect(audited.at(-1)).toEqual({
    user,
    ip,
    session: Number(sessionId),
    operation: "expireSession",
    result: "success",
  });
  expect(await failureOf(client.unary(rpc.get, { path: "/" }, { session }))).toMatchObject({
    reason: "SESSION_EXPIRED",
  });
  watching.cancel();
});

test("a session that cannot be ended, since the disk is full, goes on, and its heartbeats count", async () => {
  const journal = new MemoryJournal();
  const { client, audited } = await startAudited({ journal });
  const { stream, sessionId } = await holding(client);
  journal.hold();
  journal.failNext("full");
  const ending = failureOf(client.unary(admin.expireSession, { sessionId }));
  await journal.commitArrived();
  journal.release();
  expect(await ending).toMatchObject({ reason: "DISK_FULL" });
  expect(audited.at(-1)).toMatchObject({
    operation: "expireSession",
    result: "failure",
    reason: "DISK_FULL",
  });
  stream.send({});
  expect((await stream.next())?.expiresInMs).toBe(10_000);
  expect((await list(client)).sessions).toMatchObject([{ sessionId, state: SessionState.ATTACHED }]);
  // Its own goodbye is not taken for the operator's.
  stream.send({ close: true });
  await stream.next();
  expect(await stream.status).toMatchObject({ code: "OK" });
});

test("a session whose end is on its way already ends once; the operator finds none", async () => {
  const journal = new MemoryJournal();
  const { client } = await startServer({ journal });
  const { sessionId, sessionToken } = await client.unary(rpc.openSession, {});
  journal.hold();
  const closing = client.unary(rpc.closeSession, { sessionToken });
  await journal.commitArrived();
  const expiring = failureOf(client.unary(admin.expireSession, { sessionId }));
  journal.release();
  await closing;
  expect(await expiring).toMatchObject({ code: "NOT_FOUND", reason: "NO_SESSION" });
});

test("a session that is not open is not found", async () => {
  const { client, audited } = await startAudited();
  const { sessionId, sessionToken } = await client.unary(rpc.openSession, {});
  await client.unary(rpc.closeSession, { sessionToken });
  for (const id of [sessionId, 999n]) {
    const notFound = { code: "NOT_FOUND", reason: "NO_SESSION", facts: { session_id: String(id) } };
    for (const method of [admin.listEphemerals, admin.expireSession])
      expect(
        await failureOf(client.unary(method as typeof admin.expireSession, { sessionId: id })),
      ).toMatchObject(notFound);
    expect(audited.at(-1)).toMatchObject({ session: Number(id), result: "failure", reason: "NO_SESSION" });
  }
});

test.each([
  ["a negative limit", admin.listSessions, { limit: -1 }, "limit"],
  ["a limit too high", admin.listSessions, { limit: sessionsListedMax + 1 }, "limit"],
  ["a negative time", admin.listSessions, { endingWithinMs: -1 }, "ending_within_ms"],
  ["a negative id to begin after", admin.listSessions, { afterSessionId: -1n }, "after_session_id"],
  ["an id beyond all", admin.listSessions, { afterSessionId: 2n ** 53n }, "after_session_id"],
  ["no session", admin.listEphemerals, {}, "session_id"],
  ["a limit too high", admin.listEphemerals, { sessionId: 1n, limit: sessionsListedMax + 1 }, "limit"],
  ["no session", admin.expireSession, {}, "session_id"],
] as const)("%s is refused", async (_title, method, request, field) => {
  const { client } = await startServer();
  expect(await failureOf(client.unary(method as typeof admin.listSessions, request))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field,
  });
});

test("without ADMIN on / nothing is shown and nothing ends, and the audit log tells who tried", async () => {
  const { client, engine, audited } = await startAudited();
  const { sessionId } = await client.unary(rpc.openSession, {});
  await entrust(client, "ada");
  const request = { sessionId };
  for (const method of [admin.listSessions, admin.listEphemerals, admin.expireSession]) {
    const call = client.unary(method as typeof admin.expireSession, request, as("bob"));
    expect(await failureOf(call)).toMatchObject({ code: "PERMISSION_DENIED", reason: "NO_AUTH" });
  }
  expect(engine.tree.sessionCount).toBe(1);
  expect(audited.at(-1)).toEqual({
    user: "bob",
    ip: "127.0.0.1",
    operation: "expireSession",
    result: "failure",
    reason: "NO_AUTH",
  });
  const { sessions } = await client.unary(admin.listSessions, {}, as("ada"));
  expect(sessions).toHaveLength(1);
  await client.unary(admin.expireSession, request, as("root"));
  expect(engine.tree.sessionCount).toBe(0);
});
