// A program that comes back with a new session, while its former one still lives.
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, IfExists } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent } from "../../gen/ts/corral/v1/session_pb.js";
import { WatchEventKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { ephemeralsPerSessionMax, sessionOwnerBytesMax } from "../../src/limits.ts";
import { tempDir } from "../journal/state.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const path = "/service";

async function open({ client }: TestServer, owner: string) {
  const { sessionToken: session, sessionId } = await client.unary(rpc.openSession, { owner });
  return { session, sessionId };
}

function register({ client }: TestServer, session: string, text: string) {
  const request = { path, text, mode: CreateMode.EPHEMERAL, ifExists: IfExists.TAKE_OVER };
  return client.unary(rpc.create, request, { session });
}

test("a new session takes the node over, watches see new data, and the old session is told", async () => {
  const server = await startServer();
  const { client } = server;
  const line = client.bidi(rpc.keepAlive);
  line.send({ owner: "billing-1" });
  const opened = (await line.next())!;
  const before = await register(server, opened.sessionToken, "old");
  expect(before).toMatchObject({ existed: false, stat: { ephemeralOwner: opened.sessionId } });
  const watching = client.bidi(rpc.watch);
  watching.send({ add: [{ watchId: 1n, path, withData: true, asText: true }] });
  await watching.next();
  const next = await open(server, "billing-1");
  const taken = await register(server, next.session, "new");
  expect(taken).toMatchObject({
    existed: true,
    stat: { ephemeralOwner: next.sessionId, version: 1, czxid: before.zxid, mzxid: taken.zxid },
  });
  expect((await watching.next())!.events).toMatchObject([
    { kind: WatchEventKind.NODE_DATA_CHANGED, path, text: "new", zxid: taken.zxid },
  ]);
  expect(await line.next()).toMatchObject({
    event: KeepAliveEvent.EPHEMERAL_LOST,
    path,
    zxid: taken.zxid,
  });
  await client.unary(rpc.closeSession, { sessionToken: opened.sessionToken });
  expect((await client.unary(rpc.get, { path, asText: true })).text).toBe("new");
  await client.unary(rpc.closeSession, { sessionToken: next.session });
  expect((await client.unary(rpc.exists, { path })).stat).toBeUndefined();
  watching.cancel();
});

test("its own node it sets; a stranger's, or a persistent one, it leaves alone", async () => {
  const server = await startServer();
  const { client } = server;
  const mine = await open(server, "me");
  await register(server, mine.session, "1");
  expect((await register(server, mine.session, "2")).stat).toMatchObject({ version: 1 });
  for (const owner of ["you", ""]) {
    const { session } = await open(server, owner);
    expect(await failureOf(register(server, session, "3"))).toMatchObject({ reason: "NODE_EXISTS" });
  }
  await client.unary(rpc.closeSession, { sessionToken: mine.session });
  const [first, second] = [await open(server, ""), await open(server, "")];
  await register(server, first.session, "4");
  expect(await failureOf(register(server, second.session, "5"))).toMatchObject({ reason: "NODE_EXISTS" });
  await client.unary(rpc.delete, { path });
  await client.unary(rpc.create, { path });
  const back = await open(server, "me");
  expect(await failureOf(register(server, back.session, "6"))).toMatchObject({ reason: "NODE_EXISTS" });
});

test("the owner survives a restart of the server", async () => {
  const dataDir = tempDir();
  const first = await startServer({ journal: await openSqliteJournal({ dataDir }) });
  await register(first, (await open(first, "me")).session, "old");
  await first.stop();
  const second = await startServer({ journal: await openSqliteJournal({ dataDir }) });
  const { session, sessionId } = await open(second, "me");
  expect((await register(second, session, "new")).stat).toMatchObject({ ephemeralOwner: sessionId });
  await second.stop();
  const third = await startServer({ journal: await openSqliteJournal({ dataDir }) });
  const { stat } = await third.client.unary(rpc.get, { path });
  expect(stat).toMatchObject({ ephemeralOwner: sessionId, version: 1 });
});

test("a full session takes nothing over", async () => {
  const server = await startServer();
  const { engine } = server;
  await register(server, (await open(server, "me")).session, "x");
  const { session, sessionId } = await open(server, "me");
  const data = new Uint8Array();
  for (let i = 0; i < ephemeralsPerSessionMax; i += 1_000) {
    const count = Math.min(1_000, ephemeralsPerSessionMax - i);
    const create = { op: "create", path: "/e-", data, mode: "ephemeralSequential" } as const;
    const operations = new Array(count).fill(create);
    const transact = { op: "transact", conditions: [], operations, elseOperations: [] } as const;
    await engine.submit(transact, { sessionId: Number(sessionId) });
  }
  expect(await failureOf(register(server, session, "y"))).toMatchObject({ reason: "TOO_MANY_EPHEMERALS" });
});

test("what does not go together is named by its field", async () => {
  const server = await startServer();
  const { client } = server;
  const long = client.unary(rpc.openSession, { owner: "x".repeat(sessionOwnerBytesMax + 1) });
  const badOwner = { code: "INVALID_ARGUMENT", reason: "BAD_ARGUMENTS", field: "owner" };
  expect(await failureOf(long)).toMatchObject(badOwner);
  const persistent = client.unary(rpc.create, { path, ifExists: IfExists.TAKE_OVER });
  expect(await failureOf(persistent)).toMatchObject({ reason: "BAD_ARGUMENTS", field: "if_exists" });
  const { session } = await open(server, "me");
  for (const messages of [[{ sessionToken: session, owner: "you" }], [{}, { owner: "me" }]]) {
    const line = client.bidi(rpc.keepAlive);
    for (const message of messages) line.send(message);
    while ((await line.next()) !== undefined);
    expect(await line.status).toMatchObject(badOwner);
  }
  const attached = client.bidi(rpc.keepAlive);
  attached.send({ sessionToken: session, owner: "me" });
  expect((await attached.next())?.event).toBe(KeepAliveEvent.ATTACHED);
  attached.cancel();
});
