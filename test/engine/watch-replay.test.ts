import { beforeEach, describe, expect, test } from "vitest";
import { CoreState } from "../support/core-state.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { WatchReader } from "../support/watch-reader.ts";

/** Watches that ask for the past. */

let server: TestEngine;
let reader: WatchReader;

beforeEach(async () => {
  server = await TestEngine.start();
  reader = new WatchReader(server);
});

/** Creates /1, /2, ... as zxids of the same numbers. */
async function createNodes(count: number): Promise<void> {
  const first = server.engine.tree.zxid + 1;
  await Promise.all(Array.from({ length: count }, (_, i) => server.create(`/${first + i}`)));
}

const zxids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const told = (zxid: number, id = 1) => `${zxid} +/${zxid} -> ${id}`;

/** The zxids that one watch was told of, in order. */
function toldTo(id: number): number[] {
  const notices = reader.messages.flatMap((message) => message.notices);
  return notices.filter(({ watchIds }) => watchIds.includes(id)).map(({ event }) => event.zxid);
}

describe("a watch that resumes", () => {
  test("is told of the past, then of the present, with a bookmark between", async () => {
    await createNodes(4);
    reader.add(1, "persistentRecursive", "/", { after: 2 });
    await settle();
    await createNodes(1);
    expect(reader.lines).toEqual([
      "added 1 after 2",
      ...[3, 4].map((zxid) => told(zxid)),
      "bookmark 4",
      told(5),
    ]);
  });

  test("from the newest zxid is live at once", async () => {
    await createNodes(2);
    reader.add(1, "persistentRecursive", "/", { after: 2 });
    expect(server.engine.watches.catchingUp).toBe(0);
    await createNodes(1);
    expect(reader.lines).toEqual(["added 1 after 2", told(3)]);
  });

  test("misses nothing and is told nothing twice while others go on writing, however pages and commits fall", async () => {
    server.journal.historyPageMax = 7;
    await createNodes(100);
    reader.add(1, "persistentRecursive", "/", { after: 40 });
    for (let round = 0; round < 30; round++) {
      server.journal.hold();
      const written = createNodes(5);
      await server.journal.commitArrived();
      if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      server.journal.release();
      await written;
    }
    await settle();
    await createNodes(1);
    expect(toldTo(1)).toEqual(zxids(41, server.engine.tree.zxid));
    expect(reader.lines.filter((line) => line.startsWith("bookmark"))).toHaveLength(1);
  });

  test("is not told of a change whose commit is under way, before it is visible", async () => {
    await createNodes(1);
    server.journal.hold();
    const later = createNodes(1);
    await server.journal.commitArrived();
    reader.add(1, "persistentRecursive", "/", { after: 0 });
    await settle();
    expect(reader.lines).toEqual(["added 1 after 0", told(1), "bookmark 1"]);
    server.journal.release();
    await later;
    expect(reader.events).toEqual([told(1), told(2)]);
  });

  test("is told what is on its path only", async () => {
    await createNodes(3);
    await server.set("/2");
    reader.add(1, "persistent", "/2", { after: 0 });
    reader.add(2, "children", "/", { after: 0 });
    await settle();
    expect(reader.events).toEqual(["1 ~/ -> 2", "2 +/2 -> 1", "4 =/2 -> 1"]);
  });

  test("is told of the past after a restart too", async () => {
    await createNodes(3);
    await server.engine.stop();
    server = await TestEngine.start(server.journal.crash({ pendingStored: false }));
    reader = new WatchReader(server);
    reader.add(1, "persistentRecursive", "/", { after: 1 });
    await settle();
    expect(reader.events).toEqual([2, 3].map((zxid) => told(zxid)));
  });
});

describe("watches that resume together", () => {
  test("from several zxids are each told what comes after theirs", async () => {
    server.journal.historyPageMax = 6;
    await createNodes(50);
    const starts = [0, 49, 17, 17, 50, 3, 30];
    for (const [id, after] of starts.entries()) reader.add(id, "persistentRecursive", "/", { after });
    await settle();
    await createNodes(2);
    for (const [id, after] of starts.entries()) expect(toldTo(id)).toEqual(zxids(after + 1, 52));
    const bookmarks = reader.lines.filter((line) => line.startsWith("bookmark"));
    expect(bookmarks).toEqual(["bookmark 50"]);
  });

  test("are told nothing from before their zxid when an older one of them is done", async () => {
    await createNodes(50);
    reader.add(1, "exists", "/10", { after: 0 });
    reader.add(2, "persistentRecursive", "/", { after: 40 });
    await settle();
    expect(toldTo(1)).toEqual([10]);
    expect(toldTo(2)).toEqual(zxids(41, 50));
  });

  test("miss nothing where zxids are left out: a journal promises only that they increase", async () => {
    const store = new MemoryStore();
    const core = new CoreState();
    for (const zxid of [1, 5, 9]) {
      core.tree.zxid = zxid - 1;
      core.create(`/${zxid}`);
    }
    store.write(core.history);
    server = await TestEngine.start(new MemoryJournal(store));
    reader = new WatchReader(server);
    for (const after of [0, 3, 4, 5, 6]) reader.add(after, "persistentRecursive", "/", { after });
    await settle();
    expect([0, 3, 4, 5, 6].map(toldTo)).toEqual([[1, 5, 9], [5, 9], [5, 9], [9], [9]]);
    expect(reader.lines.at(-1)).toBe("bookmark 9");
  });

  test("while others are still told join in, more of them than there are readings", async () => {
    server.journal.historyPageMax = 5;
    await createNodes(60);
    for (let id = 0; id < 12; id++) {
      reader.add(id, "persistentRecursive", "/", { after: id });
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let i = 0; i < 5; i++) await settle();
    for (let id = 0; id < 12; id++) expect(toldTo(id)).toEqual(zxids(id + 1, 60));
    expect(reader.lines.at(-1)).toBe("bookmark 60");
    expect(server.engine.watches.catchingUp).toBe(0);
  });

  test("go live a few at a time, in the order of changes that come in between", async () => {
    await createNodes(1);
    for (let id = 0; id < 5_000; id++) reader.add(id, "exists", `/x/${id}`, { after: 0 });
    reader.add(5_000, "persistentRecursive", "/", { after: 0 });
    for (let i = 0; i < 10; i++) await createNodes(1);
    await settle();
    expect(server.engine.watches.catchingUp).toBe(0);
    expect(toldTo(5_000)).toEqual(zxids(1, 11));
    // A bookmark sent before the last of them was told would be a lie.
    const bookmark = reader.messages.findIndex(({ bookmarkZxid }) => bookmarkZxid !== undefined);
    const after = reader.messages.slice(bookmark + 1).flatMap(({ notices }) => notices);
    const { bookmarkZxid } = reader.messages[bookmark]!;
    expect(after.every(({ event }) => event.zxid > bookmarkZxid!)).toBe(true);
  });
});

describe("one shot from the past", () => {
  test("is told the first change after its zxid, and then is over", async () => {
    await createNodes(2);
    await server.set("/1");
    await server.set("/1");
    reader.add(1, "data", "/1", { after: 1 });
    await settle();
    await server.set("/1");
    expect(reader.lines).toEqual(["added 1 after 1", "3 =/1 -> 1", "bookmark 4"]);
    expect(server.engine.watches.counts.get("data")).toBe(0);
  });

  test("never loses what ZooKeeper's does: a node that came and went meanwhile", async () => {
    await server.create("/gone");
    await server.delete("/gone");
    reader.add(1, "exists", "/gone", { after: 0 });
    await settle();
    expect(reader.events).toEqual(["1 +/gone -> 1"]);
  });

  test("stays when nothing has happened since", async () => {
    await createNodes(3);
    reader.add(1, "data", "/1", { after: 1 });
    await settle();
    expect(reader.lines).toEqual(["added 1 after 1", "bookmark 3"]);
    await server.delete("/1");
    expect(reader.events).toEqual(["4 -/1 -> 1"]);
  });
});

describe("a bookmark", () => {
  test("never comes while a watch of the stream catches up, asked for or in silence", async () => {
    server.journal.historyPageMax = 1;
    await createNodes(50);
    reader.add(1, "persistent", "/none", { after: 0 });
    server.engine.watches.askBookmark(reader.stream);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.engine.watches.catchingUp).toBe(1);
    server.clock.advance(6_000);
    expect(reader.lines).toEqual(["added 1 after 0"]);
    for (let i = 0; i < 5; i++) await settle();
    expect(reader.lines).toEqual(["added 1 after 0", "bookmark 50"]);
  });
});

describe("what cannot be resumed", () => {
  test("is COMPACTED with the oldest zxid there is, and only for the watches that need more", async () => {
    await createNodes(20);
    server.journal.store.compact(10);
    for (const [id, after] of [0, 9, 10, 15].entries()) reader.add(id, "persistentRecursive", "/", { after });
    await settle();
    const canceled = reader.messages.flatMap((message) => message.canceled);
    expect(canceled.map(({ watchId, refusal }) => [watchId, refusal?.reason, refusal?.facts])).toEqual([
      [0, "COMPACTED", { after_zxid: 0, oldest_zxid: 10 }],
      [1, "COMPACTED", { after_zxid: 9, oldest_zxid: 10 }],
    ]);
    expect(toldTo(2)).toEqual(zxids(11, 20));
    expect(toldTo(3)).toEqual(zxids(16, 20));
    expect(reader.stream.watches.size).toBe(2);
  });

  test("is told before the bookmark of the watches that are left", async () => {
    await createNodes(5);
    server.journal.store.compact(3);
    reader.add(1, "persistentRecursive", "/", { after: 1 });
    await settle();
    expect(reader.lines).toEqual(["added 1 after 1", "canceled 1 COMPACTED", "bookmark 5"]);
  });

  test("may turn out on the way: the watch has been told a part, and that is where it says it stopped", async () => {
    server.journal.historyPageMax = 5;
    await createNodes(50);
    reader.add(1, "persistentRecursive", "/", { after: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    server.journal.store.compact(45);
    await settle();
    const last = toldTo(1).at(-1)!;
    expect(last).toBeGreaterThan(0);
    expect(toldTo(1)).toEqual(zxids(1, last));
    const [{ refusal } = { refusal: undefined }] = reader.messages.flatMap((message) => message.canceled);
    expect(refusal).toMatchObject({ reason: "COMPACTED", facts: { after_zxid: last, oldest_zxid: 45 } });
  });

  test("is ZXID_AHEAD when this server has never been there", async () => {
    await createNodes(3);
    reader.add(1, "persistentRecursive", "/", { after: 4 });
    expect(reader.lines).toEqual(["canceled 1 ZXID_AHEAD"]);
    const [message] = reader.messages;
    expect(message?.canceled[0]?.refusal).toMatchObject({
      facts: { expected: 4, actual: 3 },
      field: "after_zxid",
    });
  });

  test("by a broken journal ends the server, like a failed commit", async () => {
    await createNodes(3);
    server.journal.history = () => Promise.reject(new Error("the disk is gone"));
    reader.add(1, "persistentRecursive", "/", { after: 0 });
    await settle();
    expect(server.failures).toEqual([new Error("the disk is gone")]);
  });
});
