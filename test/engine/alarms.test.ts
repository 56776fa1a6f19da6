import { expect, test } from "vitest";
import { type Alarm, Alarms } from "../../src/engine/alarms.ts";
import { ManualClock } from "../support/manual-clock.ts";

function recorded() {
  const clock = new ManualClock(1_000);
  const told: [what: string, alarm: Alarm][] = [];
  const alarms = new Alarms(clock, {
    raised: (alarm) => told.push(["raised", alarm]),
    cleared: (alarm) => told.push(["cleared", alarm]),
  });
  return { clock, alarms, told };
}

test("an alarm is active from when it is raised until it is cleared", () => {
  const { clock, alarms } = recorded();
  alarms.raise("disk_low", "little is left");
  clock.advance(500);
  alarms.raise("disk_full", "nothing is left");
  expect(alarms.active).toEqual([
    { name: "disk_low", sinceMs: 1_000, message: "little is left" },
    { name: "disk_full", sinceMs: 1_500, message: "nothing is left" },
  ]);
  alarms.clear("disk_low");
  expect(alarms.active.map(({ name }) => name)).toEqual(["disk_full"]);
  expect([alarms.isActive("disk_low"), alarms.isActive("disk_full")]).toEqual([false, true]);
});

test("the listener is told once of each beginning and of each end", () => {
  const { clock, alarms, told } = recorded();
  const alarm = { name: "disk_full", sinceMs: 1_000, message: "nothing is left" };
  alarms.clear("disk_full");
  alarms.raise("disk_full", "nothing is left");
  clock.advance(500);
  alarms.raise("disk_full", "said again");
  alarms.clear("disk_full");
  alarms.clear("disk_full");
  expect(told).toEqual([
    ["raised", alarm],
    ["cleared", alarm],
  ]);
});
