import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Caller } from "../../src/core/operation.ts";
import {
  firedSliceMax,
  outboxEventsMax,
  watchIdsPerZxidMax,
  watchMessageBytesMax,
  watchMessageEventsMax,
} from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

// Smaller ones: the real ones take seconds to reach.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  watchIdsPerZxidMax: 150,
  watchMessageBytesMax: 4_000,
  watchMessageBytes: 500,
  watchMessageEventsMax: 20,
  firedSliceMax: 10,
  outboxEventsMax: 1_000,
}));

/** One transaction that changes many nodes, or fires many watches. */

const children = 100;
let server: TestEngine;

beforeEach(async () => {
  server = await TestEngine.start();
  await server.create("/p");
});

async function fill(count = children, caller: Caller = {}): Promise<void> {
  const mode = caller.sessionId === undefined ? "persistent" : "ephemeral";
  await Promise.all(Array.from({ length: count }, (_, i) => server.create(`/p/${i}`, caller, mode)));
}

/** Deletes all of it under one zxid. */
function deleteAll() {
  return server.engine.submit({ op: "delete", path: "/p", version: -1, recursive: true }, {});
}

const eventsOf = (reader: WatchReader, id: number) =>
  reader.messages.flatMap(({ notices }) => notices).filter(({ watchIds }) => watchIds.includes(id)).length;

describe("a zxid that does not fit one message", () => {
  test("is told in parts, each of which but the last says so; together they are everything, in order", async () => {
    await fill();
    const reader = new WatchReader(server);
    reader.add(1, "persistentRecursive", "/");
    await settle();
    reader.messages.length = 0;
    await deleteAll();
    await settle();
    expect(reader.messages.length).toBeGreaterThan(2);
    expect(reader.messages.map(({ zxidContinues }) => zxidContinues)).toEqual(
      reader.messages.map((message) => message !== reader.messages.at(-1)),
    );
    for (const { bytes, notices } of reader.messages) {
      expect(bytes).toBeLessThanOrEqual(watchMessageBytesMax);
      expect(notices.length).toBeLessThanOrEqual(watchMessageEventsMax);
    }
    expect(reader.events).toHaveLength(children + 1);
    expect(new Set(reader.events).size).toBe(children + 1);
    expect(reader.events.at(-1)).toBe(`${server.engine.tree.zxid} -/p -> 1`);
  });

  test("is handed over as a whole before anybody is answered, as one that fits is", async () => {
    await fill();
    const reader = new WatchReader(server);
    reader.add(1, "persistentRecursive", "/");
    await settle();
    reader.pause();
    await deleteAll();
    expect(reader.events).toHaveLength(children + 1);
    await server.create("/next");
    expect(reader.events).toHaveLength(children + 1);
    reader.resume();
    await settle();
    expect(reader.events.at(-1)).toBe(`${server.engine.tree.zxid} +/next -> 1`);
    expect(reader.messages.at(-1)?.zxidContinues).toBe(false);
  });
});

describe("a transaction that fires very many watches", () => {
  test("is told in turns of the event loop; nothing else becomes visible, and nobody is answered, before its end", async () => {
    const readers = Array.from({ length: 3 * firedSliceMax }, () => new WatchReader(server));
    for (const reader of readers) reader.add(1, "persistent", "/p");
    await settle();
    const seen: string[] = [];
    const told = () => readers.filter(({ events }) => events.length > 0).length;
    const first = server.set("/p").then(() => seen.push(`first answered, ${told()} told`));
    const second = server.create("/q").then(() => seen.push("second answered"));
    while (server.engine.watches.sending === undefined) await new Promise(setImmediate);
    const turns: boolean[] = [];
    while (server.engine.watches.sending !== undefined) {
      turns.push(server.exists("/q"));
      await new Promise(setImmediate);
    }
    await Promise.all([first, second]);
    expect(turns.length).toBeGreaterThan(1);
    expect(turns).not.toContain(true);
    expect(seen).toEqual([`first answered, ${readers.length} told`, "second answered"]);
  });

  test("is told in turns also when there are few, but long lists to decide who may know", async () => {
    const acl = Array.from({ length: 2 * firedSliceMax }, (_, i) => ({
      scheme: "ip",
      id: `10.0.0.${i}`,
      permissions: 1,
    }));
    acl.push({ scheme: "world", id: "anyone", permissions: 31 });
    await server.engine.submit({ op: "setAcl", path: "/p", acl, aversion: -1 }, {});
    const readers = [1, 2, 3].map(() => new WatchReader(server));
    for (const reader of readers) reader.add(1, "persistent", "/p");
    await settle();
    const set = server.set("/p");
    while (server.engine.watches.sending === undefined) await new Promise(setImmediate);
    expect(readers.map(({ events }) => events.length)).toEqual([0, 0, 0]);
    await set;
    expect(readers.map(({ events }) => events.length)).toEqual([1, 1, 1]);
  });

  test("is told before the streams of a session that it ends are over", async () => {
    const { session } = await server.engine.openSession(0);
    await fill(children, { sessionId: session.id });
    const reader = new WatchReader(server, session.id);
    reader.add(1, "persistentRecursive", "/p");
    await settle();
    await server.engine.closeSession(session);
    expect(reader.events).toHaveLength(children);
    expect(reader.ended?.reason).toBe("SESSION_EXPIRED");
  });

  test("is not overtaken by a bookmark, nor by an error that says from where to go on", async () => {
    const readers = Array.from({ length: 3 * firedSliceMax }, () => new WatchReader(server));
    for (const reader of readers) reader.add(1, "persistent", "/p");
    await settle();
    const [last, slow] = [readers.at(-1)!, readers.at(-2)!];
    const before = server.engine.tree.zxid;
    const set = server.set("/p");
    while (server.engine.watches.sending === undefined) await new Promise(setImmediate);
    expect([server.engine.tree.zxid, last.events, slow.events]).toEqual([before + 1, [], []]);
    server.engine.watches.askBookmark(last.stream);
    slow.pause();
    for (let id = 2; slow.ended === undefined && id < 3 * outboxEventsMax; id++)
      slow.add(id, "data", "/none");
    expect(slow.ended?.facts).toMatchObject({ last_zxid: before });
    await set;
    await settle();
    expect(last.lines.slice(-2)).toEqual([`${before + 1} =/p -> 1`, `bookmark ${before + 1}`]);
  });

  test("is told once to a watch that is added, or has caught up, in the middle of it", async () => {
    await fill();
    const reader = new WatchReader(server);
    reader.add(1, "persistentRecursive", "/p");
    await settle();
    const late = new WatchReader(server);
    const before = server.engine.tree.zxid;
    const deleted = deleteAll();
    while (server.engine.watches.sending === undefined) await new Promise(setImmediate);
    // The node itself goes last, which is yet to be told.
    late.add(1, "persistent", "/p");
    late.add(2, "subtree", "/p", { depth: 0, after: before });
    await deleted;
    while (server.engine.watches.catchingUp > 0) await settle();
    await server.create("/p");
    await settle();
    expect(late.events).toEqual([`${before + 1} -/p -> 2`, `${before + 2} +/p -> 1,2`]);
  });
});

describe("watches of one stream that one zxid would have to tell too often", () => {
  const watches = 3;
  const after = (live: boolean) => (live ? {} : { after: 0 });

  test.each([
    ["live", true],
    ["told of the past", false],
  ])("are cancelled, %s, and other streams are told everything", async (_, live) => {
    await fill();
    const [greedy, modest] = [new WatchReader(server), new WatchReader(server)];
    const add = () => {
      for (let id = 1; id <= watches; id++) greedy.add(id, "persistentRecursive", "/", after(live));
      modest.add(1, "persistentRecursive", "/p/1", after(live));
    };
    if (live) add();
    await settle();
    await deleteAll();
    if (!live) add();
    for (let i = 0; i < 20; i++) await settle();
    const canceled = greedy.messages.flatMap((message) => message.canceled);
    expect(canceled.map(({ watchId }) => watchId).sort()).toEqual([1, 2, 3]);
    for (const { refusal } of canceled) {
      expect(refusal).toMatchObject({ reason: "TOO_MANY_WATCHES", facts: { limit: watchIdsPerZxidMax } });
    }
    const zxid = server.engine.tree.zxid;
    const ids = greedy.messages
      .flatMap(({ notices }) => notices.filter(({ event }) => event.zxid === zxid))
      .reduce((count, { watchIds }) => count + watchIds.length, 0);
    expect(ids).toBe(watchIdsPerZxidMax);
    expect(greedy.ended).toBeUndefined();
    expect(modest.events.at(-1)).toBe(`${zxid} -/p/1 -> 1`);
    expect(server.engine.watches.count).toBe(1);
    expect(eventsOf(modest, 1)).toBe(live ? 1 : 2);
  });

  test("that the next zxid fires are told again", async () => {
    const reader = new WatchReader(server);
    for (let id = 0; id < watchIdsPerZxidMax; id++) reader.add(id, "persistent", "/p");
    await settle();
    for (let i = 0; i < 3; i++) await server.set("/p");
    await settle();
    expect(reader.messages.flatMap(({ canceled }) => canceled)).toEqual([]);
    expect(eventsOf(reader, 7)).toBe(3);
  });
});
