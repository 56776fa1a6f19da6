import { expect, test } from "vitest";
import { headroomIntervalMs } from "../../src/limits.ts";
import { Headroom } from "../../src/ops/headroom.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("a limit is spoken of when four fifths are used, and again only after it was well below", () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const log = { warn: (facts: object) => told.push(facts) };
  let used = 0;
  const bounds = [
    { limit: "sessions", max: 100, used: () => used },
    { limit: "connections", max: Number.POSITIVE_INFINITY, used: () => used },
  ];
  const headroom = new Headroom({ bounds, clock, log });
  for (used of [79, 80, 100, 79, 70, 95, 69, 85]) clock.advance(headroomIntervalMs);
  expect(told).toEqual([
    { limit: "sessions", used: 80, max: 100 },
    { limit: "sessions", used: 85, max: 100 },
  ]);
  headroom.stop();
  expect(clock.pendingTimers).toBe(0);
});
