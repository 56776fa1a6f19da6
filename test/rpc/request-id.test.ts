// A client that does not know what became of its write, and asks again.
import { Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import {
  rememberedRequestAgeMaxMs,
  requestIdCharsMax,
  sessionlessRequestIdCharsMin,
} from "../../src/limits.ts";
import { tempDir } from "../journal/state.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const id = "3f1c7e52-7b1c-4b0e-9a3f-0d6c2f8f1a55";

function withId(requestId: string, session?: string) {
  const metadata = new Metadata();
  metadata.set("corral-request-id", requestId);
  return session === undefined ? { metadata } : { metadata, session };
}

test("each write is done once, and answered twice with the same", async () => {
  const { client } = await startServer();
  const mode = CreateMode.PERSISTENT_SEQUENTIAL;
  const created = await client.unary(rpc.create, { path: "/n-", mode, text: "x" }, withId(id));
  expect(created.path).toBe("/n-0000000000");
  const again = await client.unary(rpc.create, { path: "/n-", mode, text: "x" }, withId(id));
  expect(again).toEqual(created);
  const set = () => client.unary(rpc.set, { path: created.path, version: 0 }, withId(`${id}-set`));
  expect(await set()).toEqual(await set());
  const remove = () => client.unary(rpc.delete, { path: created.path }, withId(`${id}-delete`));
  expect(await remove()).toEqual(await remove());
  expect((await client.unary(rpc.create, { path: "/next" })).zxid).toBe(4n);
});

test("a transaction is answered as it was, with what it read", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/a", data: Uint8Array.of(0, 255) });
  const request = {
    operations: [
      { operation: { case: "get", value: { path: "/a" } } },
      { operation: { case: "set", value: { path: "/a", text: "new" } } },
      { operation: { case: "list", value: { path: "/", withStats: true } } },
      { operation: { case: "exists", value: { path: "/none" } } },
    ],
  } as const;
  const first = await client.unary(rpc.transact, request as never, withId(id));
  await client.unary(rpc.delete, { path: "/a" });
  expect(await client.unary(rpc.transact, request as never, withId(id))).toEqual(first);
  expect(first.results[0]).toMatchObject({ result: { value: { data: Uint8Array.of(0, 255) } } });
});

test("what a transaction read is kept only if it is small: a retry is told that it was done, and no more", async () => {
  const { client, engine } = await startServer();
  await client.unary(rpc.create, { path: "/a", data: Buffer.alloc(1_000_000) });
  await client.unary(rpc.create, { path: "/count" });
  const request = {
    operations: [
      { operation: { case: "get", value: { path: "/a" } } },
      { operation: { case: "set", value: { path: "/count", text: "1" } } },
    ],
  } as const;
  const first = await client.unary(rpc.transact, request as never, withId(id));
  expect(await failureOf(client.unary(rpc.transact, request as never, withId(id)))).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "ANSWER_NOT_KEPT",
    facts: { zxid: String(first.zxid) },
  });
  expect((await client.unary(rpc.get, { path: "/count" })).stat?.version).toBe(1);
  const [remembered] = [...engine.tree.requests()];
  expect(remembered!.answer.length).toBeLessThan(100);
});

test("a retry finds its answer after a restart of the server", async () => {
  const dataDir = tempDir();
  const first = await startServer({ journal: await openSqliteJournal({ dataDir }) });
  const created = await first.client.unary(rpc.create, { path: "/a" }, withId(id));
  await first.client.unary(rpc.delete, { path: "/a" });
  await first.stop();
  const second = await startServer({ journal: await openSqliteJournal({ dataDir }) });
  expect(await second.client.unary(rpc.create, { path: "/a" }, withId(id))).toEqual(created);
  expect((await second.client.unary(rpc.exists, { path: "/a" })).stat).toBeUndefined();
});

test("a retry that comes while the first waits for the disk waits with it, and is lost with it", async () => {
  const journal = new MemoryJournal();
  const { client } = await startServer({ journal });
  const create = () => client.unary(rpc.create, { path: "/a" }, withId(id));
  journal.hold();
  const attempts = [create(), create()];
  await journal.commitArrived();
  journal.release();
  const [first, second] = await Promise.all(attempts);
  expect(second).toEqual(first);
  journal.failNext("full");
  const other = () => client.unary(rpc.create, { path: "/b" }, withId(`${id}-b`));
  expect(await failureOf(other())).toMatchObject({ reason: "DISK_FULL" });
  expect((await other()).path).toBe("/b");
});

test("a retry gets its answer after the end of its session too, and nobody else gets it", async () => {
  const { client } = await startServer();
  const { sessionToken } = await client.unary(rpc.openSession, {});
  const mode = CreateMode.PERSISTENT_SEQUENTIAL;
  const create = (requestId: string, token = sessionToken) =>
    client.unary(rpc.create, { path: "/order-", mode }, withId(requestId, token));
  const created = await create("1");
  await client.unary(rpc.closeSession, { sessionToken });
  expect(await create("1")).toEqual(created);
  const expired = { reason: "SESSION_EXPIRED" };
  expect(await failureOf(create("2"))).toMatchObject(expired);
  const [sessionId, secret] = sessionToken.split(".") as [string, string];
  expect(await failureOf(create("1", `${sessionId}.${secret.replace(/./, "-")}`))).toMatchObject(expired);
  expect(await failureOf(create("1", `${Number(sessionId) + 100}.${secret}`))).toMatchObject(expired);
  const other = client.unary(rpc.delete, { path: created.path }, withId("1", sessionToken));
  expect(await failureOf(other)).toMatchObject(expired);
  const read = client.unary(rpc.get, { path: created.path }, withId("1", sessionToken));
  expect(await failureOf(read)).toMatchObject(expired);
});

test("what was refused is decided anew", async () => {
  const { client } = await startServer();
  const create = () => client.unary(rpc.create, { path: "/a/b" }, withId(id));
  expect(await failureOf(create())).toMatchObject({ reason: "NO_NODE" });
  await client.unary(rpc.create, { path: "/a" });
  expect(await create()).toMatchObject({ path: "/a/b" });
});

test("an id means nothing to another session, and no other request may have it", async () => {
  const { client } = await startServer();
  const open = async () => (await client.unary(rpc.openSession, {})).sessionToken;
  const [mine, yours] = [await open(), await open()];
  await client.unary(rpc.create, { path: "/a" }, withId("1", mine));
  const other = client.unary(rpc.create, { path: "/a" }, withId("1", yours));
  expect(await failureOf(other)).toMatchObject({ reason: "NODE_EXISTS" });
  for (const call of [
    client.unary(rpc.create, { path: "/b" }, withId("1", mine)),
    client.unary(rpc.delete, { path: "/a" }, withId("1", mine)),
  ]) {
    expect(await failureOf(call)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "REQUEST_ID_REUSED",
      field: "corral-request-id",
    });
  }
});

test("an id that is malformed, or too easily guessed, is refused", async () => {
  const { client } = await startServer();
  const session = (await client.unary(rpc.openSession, {})).sessionToken;
  const short = "x".repeat(sessionlessRequestIdCharsMin - 1);
  for (const options of [
    withId(short),
    withId("x".repeat(requestIdCharsMax + 1), session),
    withId("a b", session),
  ]) {
    expect(await failureOf(client.unary(rpc.create, { path: "/a" }, options))).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "BAD_ARGUMENTS",
      field: "corral-request-id",
    });
  }
  await client.unary(rpc.create, { path: "/a" }, withId(`${short}x`));
});

test("after an hour it is forgotten", async () => {
  const { client, clock } = await startServer();
  await client.unary(rpc.create, { path: "/a" }, withId(id));
  clock.advance(rememberedRequestAgeMaxMs + 1);
  await client.unary(rpc.create, { path: "/b" }, withId(`${id}-b`));
  const late = client.unary(rpc.create, { path: "/a" }, withId(id));
  expect(await failureOf(late)).toMatchObject({ reason: "NODE_EXISTS" });
});
