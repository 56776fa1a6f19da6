import { expect, test } from "vitest";
import { growthOf } from "../../bench/soak/flat.ts";
import { soak } from "../../bench/soak/soak.ts";

/** The WAL is folded when it holds this much, and goes on a little until the commit under way is done. */
const walMbMax = 24;

/** The nodes, a past of a thousand changes, and the free pages that are kept. */
const databaseMbMax = 12;

test("steady writes leave the WAL and the database bounded, and everything acknowledged is there", async () => {
  const { samples, ...counts } = await soak({
    seconds: 8,
    writesPerSecond: 2_000,
    sampleSeconds: 2,
    settings: ["--history-max-transactions", "1000"],
  });
  expect(counts).toMatchObject({ failed: 0, wrong: 0 });
  expect(counts.acknowledged).toBeGreaterThan(5_000);
  expect(counts.visits).toBeGreaterThan(2);
  expect(samples).toHaveLength(4);
  for (const { walMb, databaseMb } of samples) {
    expect(walMb).toBeLessThan(walMbMax);
    expect(databaseMb).toBeLessThan(databaseMbMax);
  }
}, 60_000);

test("growth is what the line through the second half gains, as a part of its mean", () => {
  expect(growthOf([9, 9, 9, 9, 10, 10, 10, 10])).toBe(0);
  expect(growthOf([0, 0, 0, 10, 11, 12])).toBeCloseTo(2 / 11);
  expect(growthOf([7])).toBe(0);
});
