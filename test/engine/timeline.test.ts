import { expect, test } from "vitest";
import { ageMs } from "../../src/core/clock-jumps.ts";
import { Timeline } from "../../src/engine/timeline.ts";
import {
  clockJumpsMax,
  clockToleranceMs,
  downtimeCountedMsMax,
  rememberedRequestAgeMaxMs,
} from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

const yearMs = 365 * 86_400_000;

function timelineOn(clock: ManualClock, seen?: ConstructorParameters<typeof Timeline>[0]["seen"], zxid = 0) {
  const jumps: number[] = [];
  return { timeline: new Timeline({ clock, zxid, seen, onJump: (ms) => jumps.push(ms) }), jumps };
}

test("stamps are the wall clock's, and ages are the time that passed, however that is set", () => {
  const clock = new ManualClock();
  const { timeline, jumps } = timelineOn(clock);
  const stamps: { zxid: number; timeMs: number; atMs: number }[] = [];
  let zxid = 0;
  for (const jumpMs of [yearMs, -2 * yearMs, 7_200_000, -5_000]) {
    stamps.push({ zxid: ++zxid, timeMs: timeline.stampMs(zxid), atMs: clock.monotonicMs() });
    expect(stamps.at(-1)!.timeMs).toBe(clock.wallMs());
    clock.advance(1_000);
    clock.setWall(clock.wallMs() + jumpMs);
    clock.advance(500);
    const now = timeline.now();
    for (const stamp of stamps) {
      expect(ageMs(now, stamp)).toBe(clock.monotonicMs() - stamp.atMs);
      expect(timeline.livedMs() - timeline.livedMsAt(stamp)).toBe(clock.monotonicMs() - stamp.atMs);
    }
  }
  expect(jumps).toEqual([yearMs, -2 * yearMs, 7_200_000, -5_000]);
});

test("small differences of the clocks are no jumps, but they do not add up without end", () => {
  const clock = new ManualClock();
  const { timeline, jumps } = timelineOn(clock);
  for (let times = 0; times < 10; times++) {
    clock.setWall(clock.wallMs() + clockToleranceMs / 4);
    timeline.now();
  }
  expect(jumps).toEqual([1.25 * clockToleranceMs, 1.25 * clockToleranceMs]);
});

test("a number of jumps is known, and the oldest become one", () => {
  const clock = new ManualClock();
  const { timeline } = timelineOn(clock);
  const first = { zxid: 1, timeMs: timeline.stampMs(1) };
  for (let zxid = 2; zxid < 3 * clockJumpsMax; zxid++) {
    clock.setWall(clock.wallMs() + yearMs);
    timeline.stampMs(zxid);
  }
  expect(timeline.jumps).toHaveLength(clockJumpsMax);
  expect(ageMs(timeline.now(), first)).toBe(0);
});

test("zxids that are given again are those of after a jump", () => {
  const clock = new ManualClock();
  const { timeline } = timelineOn(clock);
  timeline.stampMs(1);
  timeline.stampMs(2);
  clock.setWall(clock.wallMs() + yearMs);
  timeline.now();
  timeline.rewind(1);
  const stamp = { zxid: 2, timeMs: timeline.stampMs(2) };
  clock.advance(1_000);
  expect(ageMs(timeline.now(), stamp)).toBe(1_000);
});

test.each([
  ["a minute", 60_000, 60_000],
  ["a week", 7 * 86_400_000, downtimeCountedMsMax],
  ["less than no time", -yearMs, 0],
])("of %s that a server was down, as much counts as may", (_, awayMs, countedMs) => {
  const clock = new ManualClock();
  const stamp = { zxid: 5, timeMs: clock.wallMs() - 10 };
  const seen = { wallMs: clock.wallMs(), jumps: [{ zxid: 9, ms: 3 }] };
  clock.setWall(clock.wallMs() + awayMs);
  const { timeline } = timelineOn(clock, seen, 5);
  expect(ageMs(timeline.now(), stamp)).toBe(10 - 3 + countedMs);
});

test("a retry is answered although the wall clock jumped, and although the server was restarted after that", async () => {
  const server = await TestEngine.start();
  await server.create("/q");
  const mark = (key: string) => ({ request: { key, fingerprint: "f" } });
  const first = await server.create("/q/n-", mark("A"), "persistentSequential");
  server.clock.setWall(server.clock.wallMs() + yearMs);
  await server.create("/q/n-", mark("B"), "persistentSequential");
  expect(await server.create("/q/n-", mark("A"), "persistentSequential")).toEqual(first);
  await server.engine.stop();
  server.clock.setWall(server.clock.wallMs() + yearMs);
  const next = await TestEngine.start(new MemoryJournal(server.journal.store), server.clock);
  await next.create("/q/n-", mark("C"), "persistentSequential");
  expect(await next.create("/q/n-", mark("A"), "persistentSequential")).toEqual(first);
  server.clock.advance(rememberedRequestAgeMaxMs + 1);
  await settle();
  await next.create("/q/n-", mark("D"), "persistentSequential");
  expect([...next.engine.tree.requests()].map(({ key }) => key)).toEqual(["D"]);
  await next.engine.stop();
});
