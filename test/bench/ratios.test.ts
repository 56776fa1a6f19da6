import { expect, test } from "vitest";
import { ratios } from "../../bench/ratios.ts";
import { row } from "../../bench/rounds.ts";

const workload = "unary read, 256 in flight";

test("a ratio is that of two rounds which ran one after the other, and the middle one counts", () => {
  const rows = [
    row(workload, "corral", [{ perSecond: 130 }, { perSecond: 300 }, { perSecond: 10 }]),
    row(workload, "etcd", [{ perSecond: 100 }, { perSecond: 100 }, { perSecond: 100 }]),
  ];
  expect(ratios(rows)).toEqual([
    {
      what: "unary read, 256 in flight: operations a second, of etcd's",
      wanted: ">= 1.3",
      median: 1.3,
      min: 0.1,
      max: 3,
      reached: true,
    },
  ]);
});

test("a ratio that shall be small is missed when it is large", () => {
  const rows = [row(workload, "corral", [{ cpuPer100k: 3 }]), row(workload, "etcd", [{ cpuPer100k: 4 }])];
  expect(ratios(rows)).toMatchObject([{ median: 0.75, wanted: "<= 0.7", reached: false }]);
});

test("nothing is told of what was not measured", () => {
  expect(ratios([row(workload, "corral", [{ perSecond: 1 }])])).toEqual([]);
});

test("of stalls, the workload with the longest counts", () => {
  const rows = [
    row("a", "corral", [{ stallMs: 20, ownStallMs: 15 }]),
    row("b", "corral", [
      { stallMs: 60, ownStallMs: 1 },
      { stallMs: 51, ownStallMs: 2 },
    ]),
  ];
  expect(ratios(rows)).toMatchObject([
    { what: expect.stringContaining("(b)"), median: 55.5, min: 51, max: 60, reached: false },
    { what: expect.stringContaining("(a)"), median: 15, min: 15, max: 15, reached: true },
  ]);
});
