import { describe, expect, test } from "vitest";
import { packTransactions } from "../../src/journal/codec.ts";
import { RecentHistory } from "../../src/journal/sqlite/recent-history.ts";
import { at, created } from "./state.ts";

/** A batch of the transactions from one zxid to another, in a buffer of its own. */
function batchOf(first: number, last: number) {
  const zxids = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const batch = zxids.map((zxid) => at(zxid, created(`/n${zxid}`, { data: Buffer.alloc(1_000) })));
  return { batch, packed: packTransactions(batch) };
}

function withBatches(bytesMax: number, ...bounds: [first: number, last: number][]): RecentHistory {
  const recent = new RecentHistory(bytesMax);
  for (const [first, last] of bounds) {
    const { batch, packed } = batchOf(first, last);
    recent.add(batch, packed);
  }
  return recent;
}

/** The zxids of a page and where it ends; undefined if it is for the disk to answer. */
function page(recent: RecentHistory, after: number, through: number) {
  const found = recent.page(after, through);
  return found && { zxids: found.transactions.map(({ zxid }) => zxid), through: found.through };
}

describe("what was committed a moment ago", () => {
  const recent = withBatches(1e9, [11, 13], [14, 14], [15, 18]);

  test("is answered a batch at a time, from within a batch too", () => {
    expect(page(recent, 10, 18)).toEqual({ zxids: [11, 12, 13], through: 13 });
    expect(page(recent, 12, 18)).toEqual({ zxids: [13], through: 13 });
    expect(page(recent, 13, 18)).toEqual({ zxids: [14], through: 14 });
    expect(page(recent, 16, 17)).toEqual({ zxids: [17], through: 17 });
    expect(page(recent, 18, 18)).toEqual({ zxids: [], through: 18 });
  });

  test("is not answered as if it were all, when older history is asked for", () => {
    expect(page(recent, 9, 18)).toBeUndefined();
    expect(page(recent, 0, 11)).toBeUndefined();
    expect(page(new RecentHistory(1e9), 0, 0)).toBeUndefined();
  });

  test("ends where it is asked to end", () => {
    expect(page(recent, 10, 12)).toEqual({ zxids: [11, 12], through: 12 });
    expect(page(withBatches(1e9, [11, 13], [20, 21]), 13, 17)).toEqual({ zxids: [], through: 17 });
  });
});

describe("the bound", () => {
  test("forgets the oldest batches, and then leaves what they held to the disk", () => {
    const { byteLength } = batchOf(1, 1).packed.buffer;
    const bounds = Array.from({ length: 100 }, (_, i): [number, number] => [i + 1, i + 1]);
    const recent = withBatches(10 * byteLength, ...bounds);
    expect(page(recent, 85, 100)).toBeUndefined();
    const oldest = bounds.findIndex(([first]) => page(recent, first - 1, 100) !== undefined);
    expect(oldest).toBeGreaterThanOrEqual(89);
    expect(oldest).toBeLessThanOrEqual(91);
    expect(page(recent, oldest, 100)).toEqual({ zxids: [oldest + 1], through: oldest + 1 });
    expect(page(recent, 99, 100)).toEqual({ zxids: [100], through: 100 });
  });

  test("may be smaller than one batch: nothing is kept then", () => {
    const recent = withBatches(10, [1, 5], [6, 6]);
    expect(page(recent, 5, 6)).toBeUndefined();
    expect(page(recent, 6, 6)).toBeUndefined();
  });
});
