import { beforeEach, describe, expect, test } from "vitest";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

/** Live watches, bookmarks and cancels. */

let server: TestEngine;
let reader: WatchReader;

beforeEach(async () => {
  server = await TestEngine.start();
  reader = new WatchReader(server);
});

describe("a watch", () => {
  test("is told of what becomes visible after it was added, and of nothing before", async () => {
    await server.create("/a");
    server.journal.hold();
    const durableLater = server.set("/a");
    await server.journal.commitArrived();
    // The change has its zxid already, but nobody has seen it.
    reader.add(1, "data", "/a");
    await settle();
    server.journal.release();
    await durableLater;
    expect(reader.lines).toEqual(["added 1 after 1", "2 =/a -> 1"]);
  });

  test("is told before whoever made the change, even of one that shares its commit", async () => {
    reader.add(1, "persistentRecursive", "/");
    const seen: string[][] = [];
    const note = () => void seen.push(reader.events);
    await Promise.all([server.create("/a").then(note), server.set("/a").then(note)]);
    expect(seen).toEqual([
      ["1 +/a -> 1", "2 =/a -> 1"],
      ["1 +/a -> 1", "2 =/a -> 1"],
    ]);
  });

  test("is told nothing of what is refused or lost to a full disk", async () => {
    reader.add(1, "persistentRecursive", "/");
    server.journal.failNext("full");
    await Promise.all([server.create("/a"), server.delete("/none")]);
    await server.create("/b");
    expect(reader.events).toEqual(["1 +/b -> 1"]);
  });

  test("of one shot is over after its event; its id may be used again", async () => {
    await server.create("/a");
    reader.add(1, "data", "/a");
    await server.set("/a");
    await server.set("/a");
    reader.add(1, "data", "/a");
    await server.set("/a");
    await settle();
    expect(reader.lines).toEqual(["added 1 after 1", "2 =/a -> 1", "added 1 after 3", "4 =/a -> 1"]);
    expect(server.engine.watches.counts.get("data")).toBe(0);
  });

  test("shares an event with the other watches of its stream that want it in the same form", async () => {
    await server.create("/a");
    reader.add(1, "data", "/a");
    reader.add(2, "children", "/a");
    reader.add(3, "persistent", "/a");
    reader.add(4, "exists", "/a", { withData: true });
    await settle();
    reader.take();
    await server.delete("/a");
    // The other form is a notice of its own.
    expect(reader.take()).toEqual(["2 -/a -> 1,2,3", "2 -/a -> 4"]);
    expect(reader.stream.watches.size).toBe(1);
  });
});

describe("a node that is missing", () => {
  test.each(["data", "children"] as const)("refuses %s watches, without after_zxid", async (kind) => {
    reader.add(1, kind, "/none");
    expect(reader.lines).toEqual(["canceled 1 NO_NODE"]);
    expect(reader.messages[0]?.canceled[0]?.refusal?.facts).toEqual({ path: "/none" });
    reader.add(1, kind, "/none", { after: 0 });
    await settle();
    expect(reader.lines).toEqual(["canceled 1 NO_NODE", "added 1 after 0"]);
    await server.create("/none");
    await server.delete("/none");
    expect(reader.events).toEqual(kind === "data" ? ["1 +/none -> 1"] : ["2 -/none -> 1"]);
  });

  test.each(["exists", "persistent", "persistentRecursive", "subtree"] as const)(
    "takes %s watches",
    async (kind) => {
      reader.add(1, kind, "/none");
      await server.create("/none");
      expect(reader.lines).toEqual(["added 1 after 0", "1 +/none -> 1"]);
    },
  );

  test("has a path that must be valid all the same", async () => {
    reader.add(1, "exists", "none");
    reader.add(2, "exists", "/a/../b");
    await settle();
    expect(reader.lines).toEqual(["canceled 1 BAD_ARGUMENTS", "canceled 2 BAD_ARGUMENTS"]);
  });
});

describe("a bookmark", () => {
  /** A turn of the clock of bookmarks may be this late. */
  const turnMs = 5_000 / 20;

  test("comes when the stream was silent for the interval, and then again and again", async () => {
    await server.create("/a");
    reader.add(1, "persistent", "/a");
    await settle();
    reader.take();
    server.clock.advance(5_000 - 1);
    expect(reader.take()).toEqual([]);
    server.clock.advance(turnMs + 1);
    expect(reader.take()).toEqual(["bookmark 1"]);
    await settle();
    await server.create("/b");
    server.clock.advance(5_000 + turnMs);
    expect(reader.take()).toEqual(["bookmark 2"]);
  });

  test("is put off by whatever is sent meanwhile, and comes after it", async () => {
    await server.create("/a");
    reader.add(1, "persistent", "/a");
    for (let i = 0; i < 5; i++) {
      server.clock.advance(4_000);
      await server.set("/a");
      await settle();
    }
    expect(reader.lines.filter((line) => line.startsWith("bookmark"))).toEqual([]);
    server.clock.advance(5_000 + turnMs);
    expect(reader.lines.slice(-2)).toEqual(["6 =/a -> 1", "bookmark 6"]);
  });

  test("does not pile up for a reader that takes nothing, and comes once it reads again", async () => {
    reader.add(1, "persistent", "/a");
    await settle();
    reader.pause();
    server.clock.advance(60_000);
    expect(reader.lines).toEqual(["added 1 after 0", "bookmark 0"]);
    expect(reader.stream.waitingEvents).toBe(0);
    reader.resume();
    await settle();
    server.clock.advance(5_000 + turnMs);
    expect(reader.lines.at(-1)).toBe("bookmark 0");
    expect(reader.lines).toHaveLength(3);
  });

  test("comes at once when it is asked for", async () => {
    await server.create("/a");
    server.engine.watches.askBookmark(reader.stream);
    expect(reader.lines).toEqual(["bookmark 1"]);
  });

  test("waits behind the events of a slow reader, whose stream then says how far it has come", async () => {
    await server.create("/a");
    reader.add(1, "persistent", "/a");
    await settle();
    reader.pause();
    for (let i = 0; i < 3; i++) await server.set("/a");
    server.engine.watches.askBookmark(reader.stream);
    await server.set("/a");
    reader.resume();
    await settle();
    expect(reader.lines.slice(1)).toEqual([
      "2 =/a -> 1",
      "3 =/a -> 1",
      "4 =/a -> 1",
      "bookmark 4",
      "5 =/a -> 1",
    ]);
  });

  test("comes no more when the stream is closed or the engine stops", async () => {
    reader.close();
    server.clock.advance(20_000);
    const other = new WatchReader(server);
    await server.engine.stop();
    server.clock.advance(20_000);
    expect([...reader.lines, ...other.lines]).toEqual([]);
    expect(server.clock.pendingTimers).toBe(0);
  });
});

describe("a cancel", () => {
  test("ends a live watch: it is told nothing more", async () => {
    await server.create("/a");
    reader.add(1, "persistent", "/a");
    reader.add(2, "persistent", "/a");
    reader.cancel(1);
    await server.set("/a");
    await settle();
    expect(reader.lines).toEqual(["added 1 after 1", "added 2 after 1", "canceled 1 as asked", "2 =/a -> 2"]);
    expect(server.engine.watches.counts.get("persistent")).toBe(1);
  });

  test("of a watch that is not there says so, also when its one event has been told", async () => {
    await server.create("/a");
    reader.add(1, "data", "/a");
    await server.set("/a");
    reader.cancel(1);
    reader.cancel(7);
    await settle();
    expect(reader.lines.slice(2)).toEqual(["canceled 1 NO_WATCHER", "canceled 7 NO_WATCHER"]);
    const refusals = reader.messages.flatMap(({ canceled }) => canceled.map(({ refusal }) => refusal?.facts));
    expect(refusals).toEqual([{ watch_id: 1 }, { watch_id: 7 }]);
  });

  test("ends a watch that catches up, and then the stream has caught up", async () => {
    for (let i = 0; i < 500; i++) void server.create(`/n${i}`);
    await server.create("/last");
    server.journal.historyPageMax = 10;
    reader.add(1, "persistentRecursive", "/", { after: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.engine.watches.catchingUp).toBe(1);
    reader.cancel(1);
    await settle();
    const told = reader.events.length;
    expect(told).toBeLessThan(501);
    // What was told of the past comes first, then the end of the watch; the bookmark speaks of the rest.
    expect(reader.lines.slice(-2)).toEqual(["canceled 1 as asked", "bookmark 501"]);
    // The reading goes on to its end without it.
    for (let i = 0; i < 5; i++) await settle();
    await server.create("/more");
    expect(reader.events).toHaveLength(told);
    expect(server.engine.watches.catchingUp).toBe(0);
  });
});
