import { describe, expect, test } from "vitest";
import { Latencies, median, quantile } from "../../bench/load/latencies.ts";

describe("a quantile", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  test.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
  ])("%d of 1 to 100 is %d", (share, value) => {
    expect(quantile(hundred, share)).toBe(value);
  });

  test("of one value is that value, of none not a number", () => {
    expect(quantile([7], 0.5)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

test("a median is the middle value, or the mean of the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 1, 4, 2])).toBe(3);
  expect(median([])).toBeNaN();
});

test("latencies keep every value, in any order and however many", () => {
  const latencies = new Latencies();
  for (let i = 100_000; i >= 1; i--) latencies.add(i / 1_000);
  expect(latencies.count).toBe(100_000);
  expect(latencies.summary()).toEqual({ p50Ms: 50, p99Ms: 99, maxMs: 100 });
});
