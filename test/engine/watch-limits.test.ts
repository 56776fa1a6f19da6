import { describe, expect, test, vi } from "vitest";
import {
  watchesMax,
  watchesPerStreamMax,
  watchPathBytesMax,
  watchPathBytesPerStreamMax,
} from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

// Smaller ones: the real ones take a gigabyte to reach.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  watchesPerStreamMax: 10,
  watchesMax: 25,
  watchPathBytesPerStreamMax: 3_000,
  watchPathBytesMax: 5_000,
}));

/** The refusal of the watch that the reader was answered last. */
function lastRefusal(reader: WatchReader) {
  return reader.messages.at(-1)?.canceled.at(-1)?.refusal;
}

function fill(reader: WatchReader, count: number): void {
  for (let id = 0; id < count; id++) reader.add(id, "exists", `/${id}`);
}

test("the watches of a stream are limited; one that is over makes room", async () => {
  const server = await TestEngine.start();
  const reader = new WatchReader(server);
  fill(reader, watchesPerStreamMax);
  await settle();
  reader.add(100, "exists", "/more");
  expect(lastRefusal(reader)).toMatchObject({
    reason: "TOO_MANY_WATCHES",
    message: expect.stringContaining("the stream has its 10 watches"),
    facts: { limit: watchesPerStreamMax },
  });
  await server.create("/0");
  reader.add(100, "exists", "/more");
  await settle();
  expect(reader.lines.at(-1)).toBe("added 100 after 1");
});

test("the watches of all streams are limited, those that catch up included; a stream that ends makes room", async () => {
  const server = await TestEngine.start();
  await server.create("/a");
  const readers = [1, 2, 3].map(() => new WatchReader(server));
  for (const reader of readers) fill(reader, 8);
  const [first, , last] = readers as [WatchReader, WatchReader, WatchReader];
  last.add(50, "exists", "/past", { after: 0 });
  await settle();
  last.add(100, "exists", "/more");
  expect(lastRefusal(last)).toMatchObject({
    reason: "TOO_MANY_WATCHES",
    message: expect.stringContaining("the server has its 25 watches"),
    facts: { limit: watchesMax },
  });
  first.close();
  await settle();
  last.add(101, "exists", "/more");
  await settle();
  expect(last.lines.at(-1)).toBe("added 101 after 1");
  expect(server.engine.watches.counts.get("exists")).toBe(18);
});

describe("the paths of watches", () => {
  const long = (name: string) => `/${name.padEnd(998, "-")}`;

  test("of a stream are limited in bytes; one that is cancelled makes room", async () => {
    const server = await TestEngine.start();
    const reader = new WatchReader(server);
    for (const id of [1, 2, 3]) reader.add(id, "exists", long(`${id}`));
    await settle();
    expect(reader.stream.pathBytes).toBe(3 * 999);
    reader.add(4, "exists", long("4"));
    expect(lastRefusal(reader)).toMatchObject({
      reason: "TOO_MANY_WATCHES",
      message: expect.stringContaining("the paths of the stream's watches have their 3000 bytes"),
      facts: { limit: watchPathBytesPerStreamMax },
    });
    reader.cancel(2);
    reader.add(4, "exists", long("4"));
    await settle();
    expect(reader.lines.at(-1)).toBe("added 4 after 0");
  });

  test("of all streams are limited too; a stream that ends makes room", async () => {
    const server = await TestEngine.start();
    const [first, second] = [new WatchReader(server), new WatchReader(server)];
    for (const id of [1, 2, 3]) first.add(id, "exists", long(`${id}`));
    for (const id of [1, 2]) second.add(id, "exists", long(`${id}`));
    await settle();
    second.add(3, "exists", long("3"));
    expect(lastRefusal(second)).toMatchObject({
      reason: "TOO_MANY_WATCHES",
      message: expect.stringContaining("the paths of the server's watches"),
      facts: { limit: watchPathBytesMax },
    });
    first.close();
    await settle();
    second.add(3, "exists", long("3"));
    await settle();
    expect(second.lines.at(-1)).toBe("added 3 after 0");
  });

  test("count as what V8 keeps of them: two bytes a letter once one is beyond Latin-1", async () => {
    const server = await TestEngine.start();
    const reader = new WatchReader(server);
    reader.add(1, "exists", "/abcdefghi");
    reader.add(2, "exists", "/abcdefgh\u4e2d");
    expect(reader.stream.pathBytes).toBe(10 + 20);
  });
});

describe("what a stream holds", () => {
  test("is its watches' paths and what waits behind a message on its way; it is given back as it is read", async () => {
    const server = await TestEngine.start();
    await server.create("/a");
    const reader = new WatchReader(server);
    reader.add(1, "persistent", "/a", { withData: true });
    await settle();
    const paths = reader.stream.heldBytes;
    expect(paths).toBe(2);
    reader.pause();
    // The front holds what is on its way.
    await server.set("/a", "x".repeat(10_000));
    expect(reader.stream.heldBytes).toBe(paths);
    for (let i = 1; i <= 2; i++) {
      await server.set("/a", "x".repeat(10_000));
      expect(reader.stream.heldBytes).toBeGreaterThan(paths + i * 10_000);
      expect(reader.stream.heldBytes).toBeLessThan(paths + i * 10_500);
    }
    reader.resume();
    await settle();
    expect(reader.stream.heldBytes).toBe(paths);
  });

  test("is given back when it is shed, and its reader goes on from where it was", async () => {
    const server = await TestEngine.start();
    await server.create("/a");
    const reader = new WatchReader(server);
    reader.add(1, "persistent", "/a");
    await settle();
    reader.pause();
    for (let i = 0; i < 3; i++) await server.set("/a");
    const [largest] = [...server.engine.watches.streams].sort((a, b) => b.heldBytes - a.heldBytes);
    largest!.shed(1_000);
    expect(reader.ended).toMatchObject({ reason: "WATCHER_TOO_SLOW", facts: { last_zxid: 2 } });
    expect(reader.events).toEqual(["2 =/a -> 1"]);
    reader.close();
    await settle();
    expect([...server.engine.watches.streams]).toEqual([]);
  });
});
