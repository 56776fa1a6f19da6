import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock as clientClock } from "../src/client/clock.ts";
import { systemClock, systemRandom } from "../src/clock.ts";
import { ManualClock } from "./support/manual-clock.ts";

test("the system clocks wait for as long as they are asked to, longer than Node's timers can too", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const dayMs = 86_400_000;
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(name);
  systemClock.setTimeout(note("server"), 60 * dayMs);
  clientClock.setTimeout(note("client"), 60 * dayMs);
  clientClock.setTimeout(note("cancelled"), 60 * dayMs)();
  const cancel = systemClock.setTimeout(note("cancelled on the way"), 60 * dayMs);
  const stop = systemClock.setInterval(note("tick"), 30 * dayMs);
  vi.advanceTimersByTime(30 * dayMs);
  expect(ran).toEqual(["tick"]);
  cancel();
  vi.advanceTimersByTime(30 * dayMs - 1);
  expect(ran).toEqual(["tick"]);
  vi.advanceTimersByTime(1);
  expect(ran.sort()).toEqual(["client", "server", "tick", "tick"]);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("the system clock refuses delays that are no times", () => {
  const nothing = () => {};
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => systemClock.setTimeout(nothing, ms)).toThrow(RangeError);
    expect(() => systemClock.setInterval(nothing, ms)).toThrow(RangeError);
  }
});

test("a cancelled system timer does not run, and one that is left alone does", async () => {
  const ran: string[] = [];
  const cancel = systemClock.setTimeout(() => ran.push("cancelled"), 0);
  cancel();
  cancel();
  await new Promise<void>((resolve) => systemClock.setTimeout(resolve, 2));
  expect(ran).toEqual([]);
});

test("a secret is 128 bits of base64url, new each time", () => {
  const secrets = new Set(Array.from({ length: 100 }, () => systemRandom.secret()));
  expect(secrets.size).toBe(100);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test("the manual clock runs timers at their moments, in order, those made on the way included", () => {
  const clock = new ManualClock(1_000);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.monotonicMs()}`);
  clock.setTimeout(note("late"), 30);
  const stop = clock.setInterval(note("tick"), 10);
  clock.setTimeout(() => clock.setTimeout(note("nested"), 5), 10);
  clock.advance(30);
  expect(ran).toEqual(["tick@10", "nested@15", "tick@20", "late@30", "tick@30"]);
  expect(clock.wallMs()).toBe(1_030);
  stop();
  expect(clock.pendingTimers).toBe(0);
});

test("after a stall each due timer runs once, late; the wall clock jumps alone", () => {
  const clock = new ManualClock(1_000);
  const ran: number[] = [];
  clock.setInterval(() => ran.push(clock.monotonicMs()), 10);
  clock.stall(95);
  expect(ran).toEqual([95]);
  clock.setWall(5);
  clock.advance(10);
  expect(ran).toEqual([95, 105]);
  expect(clock.wallMs()).toBe(15);
});
