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

test("stands still over a gap of more than two beats, and leaves it out from the next turn on", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.turn();
  clock.advance(200);
  expect(liveness.turn() - startMs).toBe(200);
  clock.advance(60_000);
  expect(liveness.nowMs() - startMs).toBe(200);
  expect(liveness.turn() - startMs).toBe(200);
  expect(liveness.stalledMs).toBe(60_000);
  clock.advance(50);
  expect(liveness.nowMs() - startMs).toBe(250);
});

test("leaves out all of a stall, however long, when the process ran for two beats before it", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.turn();
  for (const stallMs of [300, 3_600_000, 300]) {
    clock.advance(stallMs);
    liveness.turn();
    for (let turn = 0; turn < 2; turn++) {
      clock.advance(100);
      liveness.turn();
    }
  }
  expect(liveness.nowMs() - startMs).toBe(600);
});

test("passes by two beats from the end of a stall to the end of the next: stalls alone put nothing off for ever", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.turn();
  const seen = [201, 500, 60_000, 201].map((stallMs) => {
    clock.advance(stallMs);
    return liveness.turn() - startMs;
  });
  expect(seen).toEqual([0, 200, 400, 600]);
  clock.advance(150);
  liveness.turn();
  clock.advance(1_000);
  expect(liveness.turn() - startMs).toBe(800);
});

test("counts no stall before the turn after it: several between two turns, in each of which nothing is read, are one", () => {
  const clock = new ManualClock();
  const liveness = new LivenessClock(clock, 100);
  const startMs = liveness.turn();
  for (let look = 0; look < 10; look++) {
    clock.advance(1_000);
    liveness.nowMs();
  }
  expect(liveness.turn() - startMs).toBe(0);
});
