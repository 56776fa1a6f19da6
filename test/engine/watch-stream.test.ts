import { beforeEach, describe, expect, test } from "vitest";
import { outboxEventsMax } from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

/** Readers that are slow, gone or bound to a session. */

let server: TestEngine;

beforeEach(async () => {
  server = await TestEngine.start();
  server.journal.historyPageMax = 5_000;
});

/** Sets the node many times; the last is answered when all are visible. */
async function setOften(path: string, times: number): Promise<void> {
  const sets = Array.from({ length: times }, () => server.set(path));
  await Promise.all(sets);
}

/** Replays take many turns of the event loop. */
async function settleAll(): Promise<void> {
  for (let i = 0; i < 40; i++) await settle();
}

const zxidOf = (line: string) => Number(line.split(" ")[0]);

describe("a reader that takes nothing", () => {
  test("is told that it is too slow once its outbox is full, and where to go on; what was sent was whole", async () => {
    await server.create("/a");
    const slow = new WatchReader(server);
    const quick = new WatchReader(server);
    slow.add(1, "persistentRecursive", "/");
    quick.add(1, "persistentRecursive", "/");
    await settle();
    slow.pause();
    // The first is on its way, the others wait behind it.
    await server.set("/a");
    await setOften("/a", outboxEventsMax + 1);
    expect(slow.ended).toMatchObject({
      reason: "WATCHER_TOO_SLOW",
      facts: { limit: outboxEventsMax, last_zxid: 2 },
    });
    expect(slow.events).toEqual(["2 =/a -> 1"]);
    expect(slow.stream.isClosed).toBe(true);
    await settle();
    expect(quick.ended).toBeUndefined();
    expect(quick.events.map(zxidOf)).toEqual(Array.from({ length: outboxEventsMax + 2 }, (_, i) => i + 2));

    const again = new WatchReader(server);
    again.add(1, "persistentRecursive", "/", { after: 2 });
    await settleAll();
    expect([...slow.events, ...again.events]).toEqual(quick.events);
  });

  test("keeps a bounded outbox", async () => {
    await server.create("/a");
    const slow = new WatchReader(server);
    slow.add(1, "persistent", "/a");
    slow.pause();
    await settle();
    await setOften("/a", outboxEventsMax + 100);
    expect(slow.stream.waitingEvents).toBeLessThanOrEqual(outboxEventsMax);
  });

  test("is not cut within a zxid: the end of a session is told as a whole", async () => {
    const { session } = await server.engine.openSession(0);
    const caller = { sessionId: session.id };
    await server.create("/p");
    await Promise.all(Array.from({ length: 100 }, (_, i) => server.create(`/p/${i}`, caller, "ephemeral")));
    const slow = new WatchReader(server);
    slow.add(1, "persistentRecursive", "/");
    await settle();
    slow.pause();
    await server.set("/p");
    await setOften("/p", outboxEventsMax - 1);
    await server.engine.closeSession(session);
    expect(slow.ended).toBeUndefined();
    expect(slow.stream.waitingEvents).toBe(outboxEventsMax - 1 + 100);
    slow.resume();
    await settle();
    const closed = server.engine.tree.zxid;
    const message = slow.messages.find(({ notices }) => notices.at(-1)?.event.zxid === closed);
    expect(message?.notices.filter(({ event }) => event.zxid === closed)).toHaveLength(100);
  });

  test("may be behind on answers only: the event that found no room is not counted as told", async () => {
    await server.create("/a");
    const slow = new WatchReader(server);
    slow.pause();
    for (let id = 0; id <= outboxEventsMax; id++) slow.add(id, "persistent", "/a");
    expect(slow.ended).toBeUndefined();
    const told = server.engine.tree.zxid;
    await server.set("/a");
    expect(slow.ended).toMatchObject({ reason: "WATCHER_TOO_SLOW", facts: { last_zxid: told } });
  });

  test("is told of the past first: it goes on before what its lagging watch was not sent", async () => {
    await server.create("/past");
    await server.create("/live");
    await setOften("/past", 50);
    const now = server.engine.tree.zxid;
    const slow = new WatchReader(server);
    slow.add(1, "persistent", "/live");
    await settle();
    slow.pause();
    for (let i = 0; i < 2; i++) await server.set("/live");
    slow.add(2, "persistent", "/past", { after: 2 });
    await settle();
    // On its way: the first of the live ones. Behind it wait the second, and then the past.
    await setOften("/live", outboxEventsMax);
    expect(slow.ended).toMatchObject({ reason: "WATCHER_TOO_SLOW", facts: { last_zxid: 2 } });
    expect(slow.events).toEqual([`${now + 1} =/live -> 1`]);
  });
});

test("a reader that is too slow goes on from where its lagging watch is, also when nothing of the past waits", async () => {
  await server.create("/live");
  await setOften("/live", 5);
  const slow = new WatchReader(server);
  slow.add(1, "persistent", "/live");
  await settle();
  slow.pause();
  // A disk that takes its time.
  server.journal.history = () => new Promise(() => {});
  slow.add(2, "persistent", "/past", { after: 3 });
  await settle();
  await setOften("/live", outboxEventsMax + 1);
  expect(slow.ended).toMatchObject({ reason: "WATCHER_TOO_SLOW", facts: { last_zxid: 3 } });
});

describe("a replay to a slow reader", () => {
  /** Half of an outbox is what a replay fills; this is more. */
  const changes = outboxEventsMax;

  test("waits at half of the outbox, and goes on when there is room", async () => {
    await server.create("/a");
    await setOften("/a", changes);
    const slow = new WatchReader(server);
    slow.pause();
    slow.add(1, "persistent", "/a", { after: 0 });
    await settleAll();
    expect(slow.stream.waitingEvents).toBe(outboxEventsMax / 2);
    expect(slow.ended).toBeUndefined();
    slow.resume();
    await settleAll();
    expect(slow.ended).toBeUndefined();
    expect(slow.events.map(zxidOf)).toEqual(Array.from({ length: changes + 1 }, (_, i) => i + 1));
    expect(slow.lines.at(-1)).toBe(`bookmark ${changes + 1}`);
  });

  test("holds nobody else up", async () => {
    await server.create("/a");
    await setOften("/a", changes);
    const slow = new WatchReader(server);
    const quick = new WatchReader(server);
    slow.pause();
    for (const reader of [slow, quick]) reader.add(1, "persistent", "/a", { after: 0 });
    await settleAll();
    expect(quick.lines.at(-1)).toBe(`bookmark ${changes + 1}`);
    expect(quick.events).toHaveLength(changes + 1);
  });

  test("goes on for all watches of the stream, also for those that came to wait one after the other", async () => {
    await server.create("/a");
    await setOften("/a", changes);
    const slow = new WatchReader(server);
    slow.pause();
    slow.add(1, "persistent", "/a", { after: 0 });
    // Reached by the same reading, when the first already waits.
    slow.add(2, "persistent", "/a", { after: changes - 10 });
    await settleAll();
    // In a reading of its own.
    slow.add(3, "persistent", "/a", { after: 5 });
    await settleAll();
    slow.resume();
    await settleAll();
    expect(server.engine.watches.catchingUp).toBe(0);
    const told = (id: number) => slow.messages.flatMap(({ notices }) => notices).filter(toldTo(id)).length;
    expect([told(1), told(2), told(3)]).toEqual([changes + 1, 11, changes - 4]);
    expect(slow.lines.at(-1)).toBe(`bookmark ${changes + 1}`);
  });

  function toldTo(id: number) {
    return ({ watchIds }: { readonly watchIds: readonly number[] }) => watchIds.includes(id);
  }
});

describe("a stream that is bound to a session", () => {
  async function bound() {
    const { session } = await server.engine.openSession(10_000);
    await server.create("/e", { sessionId: session.id }, "ephemeral");
    const reader = new WatchReader(server, session.id);
    reader.add(1, "persistentRecursive", "/");
    await settle();
    return { session, reader };
  }

  test("is told of the ephemeral nodes that go with it, then that the session was closed", async () => {
    const { session, reader } = await bound();
    const zxid = await server.engine.closeSession(session);
    expect(reader.lines.at(-1)).toBe(`${zxid} -/e -> 1`);
    expect(reader.ended).toEqual({
      reason: "SESSION_EXPIRED",
      message: "the session was closed; open a new one",
      facts: { session_id: session.id },
    });
  });

  test("is told so too when it was in arrears, and when the session expires", async () => {
    const { session, reader } = await bound();
    reader.pause();
    await server.set("/e");
    await server.set("/e");
    for (let i = 0; i < 50; i++) {
      server.clock.advance(500);
      await settle();
    }
    expect(reader.events).toEqual(["3 =/e -> 1", "4 =/e -> 1", "5 -/e -> 1"]);
    expect(reader.ended?.message).toContain("silent for longer than its timeout and has expired");
    expect(reader.ended?.facts).toEqual({ session_id: session.id });
  });

  test("cannot be opened for a session that is gone", async () => {
    const { session } = await bound();
    await server.engine.closeSession(session);
    expect(() => new WatchReader(server, session.id)).toThrow(
      expect.objectContaining({ refusal: expect.objectContaining({ reason: "SESSION_EXPIRED" }) }),
    );
    expect(server.engine.watches.streamCount).toBe(1);
  });

  test("lets the session go when it is closed first", async () => {
    const { session, reader } = await bound();
    reader.close();
    await server.engine.closeSession(session);
    expect(reader.ended).toBeUndefined();
  });
});

describe("watches end with their stream", () => {
  test("at once for everybody else, and from the tables a few at a time", async () => {
    const { watches } = server.engine;
    await server.create("/a");
    await server.set("/a");
    const reader = new WatchReader(server);
    for (let id = 0; id < 20_000; id++) {
      reader.add(id, id % 2 === 0 ? "persistent" : "subtree", `/a/${id % 100}`, { after: id % 3 });
      if (id % 1_000 === 0) await settle();
    }
    expect(watches.counts.get("persistent")).toBe(10_000);
    reader.close();
    expect(watches.streamCount).toBe(0);
    const sent = reader.messages.length;
    await server.create("/a/1");
    expect(reader.messages).toHaveLength(sent);
    await settle();
    await settle();
    expect([...watches.counts.values()]).toEqual([0, 0]);
    expect(watches.catchingUp).toBe(0);
    expect([...watches.watching("/a/1")]).toEqual([]);
  });
});
