import { expect, test, vi } from "vitest";
import { watchesMax, watchesPerStreamMax } from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

// Smaller ones: the real ones take a gigabyte to reach.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  watchesPerStreamMax: 10,
  watchesMax: 25,
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
