import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { growthOf } from "./flat.ts";
import type { Sample } from "./server.ts";
import { soak } from "./soak.ts";

/** A series may grow by this part from the middle of the run to its end, and is flat all the same. */
const flatUpTo = 0.05;

/** The WAL is folded at 16 MiB, and its file cut to 64 MiB after a peak. */
const walMbMax = 80;

/**
 * `npm run soak [-- --minutes 60] [--rate 2000] [--json FILE]`: steady writes to a real server, and whether its
 * database, its WAL and its memory stay flat. Ends with 1 if they do not, or if a write was lost.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    rate: { type: "string", default: "2000" },
    json: { type: "string" },
  },
});
const seconds = Number(values.minutes) * 60;
const sampleSeconds = Math.max(1, Math.min(30, seconds / 20));
const result = await soak({
  seconds,
  sampleSeconds,
  writesPerSecond: Number(values.rate),
  // So that the past is pruned long before the middle of the run.
  settings: ["--history-max-transactions", "200000"],
  sampled: (sample) => console.log(JSON.stringify(sample)),
});
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`);

const faults: string[] = [];
for (const name of ["databaseMb", "memoryMb"] satisfies (keyof Sample)[]) {
  const growth = growthOf(result.samples.map((sample) => sample[name]));
  console.log(`${name}: ${(growth * 100).toFixed(1)} % from the middle to the end`);
  if (growth > flatUpTo) faults.push(`${name} grows`);
}
const walMb = Math.max(...result.samples.map((sample) => sample.walMb));
if (walMb > walMbMax) faults.push(`the WAL had ${walMb} MiB`);
const { acknowledged, failed, visits, wrong } = result;
console.log({ acknowledged, perSecond: Math.round(acknowledged / seconds), failed, visits, wrong, walMb });
if (failed > 0) faults.push(`${failed} calls failed`);
if (wrong > 0) faults.push(`${wrong} nodes are not what was acknowledged`);
console.log(faults.length === 0 ? "flat" : `NOT FLAT: ${faults.join("; ")}`);
process.exitCode = faults.length === 0 ? 0 : 1;
