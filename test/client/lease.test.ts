import { describe, expect, test } from "vitest";
import { Lease } from "../../src/client/lease.ts";

describe("a lease of six seconds", () => {
  test.each([
    [1_000, "fresh", 5_000, 6_000],
    [4_999, "fresh", 5_000, 2_001],
    [5_000, "stale", 7_000, 2_000],
    [6_999, "stale", 7_000, 1],
    [7_000, "over", undefined, 0],
    [9_000, "over", undefined, 0],
  ] as const)("granted to what was sent at 1,000 is at %i %s", (nowMs, phase, nextMs, leftMs) => {
    const lease = new Lease(1_000, 6_000);
    expect([lease.phase(nowMs), lease.nextPhaseMs(nowMs), lease.leftMs(nowMs)]).toEqual([
      phase,
      nextMs,
      leftMs,
    ]);
  });

  test("is counted from the heartbeat that was answered, however late the answer is", () => {
    const lease = new Lease(0, 6_000);
    lease.renew(2_000, 6_000);
    expect(lease.leftMs(7_500)).toBe(500);
  });

  test("is never shortened by an answer", () => {
    const lease = new Lease(2_000, 6_000);
    lease.renew(1_000, 6_000);
    lease.renew(2_000, 5_000);
    expect(lease.leftMs(2_000)).toBe(6_000);
  });
});
