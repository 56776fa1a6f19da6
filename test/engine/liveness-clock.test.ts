import { expect, test } from "vitest";
import { LivenessClock } from "../../src/engine/liveness-clock.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("passes with the monotonic clock, whatever the wall clock does", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.nowMs();
  clock.advance(150);
  clock.setWall(0);
  expect(liveness.nowMs() - startMs).toBe(150);
  expect(liveness.stalledMs).toBe(0);
});

test("stands still over a gap of more than two beats", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.nowMs();
  clock.advance(200);
  expect(liveness.nowMs() - startMs).toBe(200);
  clock.advance(60_000);
  expect(liveness.nowMs() - startMs).toBe(200);
  expect(liveness.stalledMs).toBe(60_000);
  clock.advance(50);
  expect(liveness.nowMs() - startMs).toBe(250);
});
