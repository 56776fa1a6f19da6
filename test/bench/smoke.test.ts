import { afterEach, expect, test } from "vitest";
import { compare, workloadNames } from "../../bench/compare.ts";
import { targets } from "../../bench/ratios.ts";
import { corral } from "../../bench/servers/corral.ts";
import { stopAll } from "../../bench/servers/server.ts";

afterEach(stopAll);

test("every workload runs on Corral, fails nothing and measures what the ratios need", async () => {
  const report = await compare({
    products: [corral],
    workloads: workloadNames,
    scale: {
      rounds: 1,
      seconds: 0.02,
      watches: 100,
      watchChanges: 1,
      sessions: 20,
      idleSeconds: 0.1,
      nodes: 1_000,
    },
    progress: () => {},
  });
  expect(report.broken).toEqual([]);
  expect(report.rows.length).toBeGreaterThan(15);
  expect(report.rows.filter(({ max }) => (max.failures ?? 0) > 0)).toEqual([]);
  for (const { workload, figure } of targets) {
    const row = report.rows.find((row) => row.workload === workload);
    expect(row?.median[figure], `${workload}: ${figure}`).toBeGreaterThan(0);
  }
});
