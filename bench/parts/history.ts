import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Transaction } from "../../src/core/change.ts";
import { createdNode } from "../../src/core/node.ts";
import type { Retention } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";

const batches = 3_000;
const batchSize = 100;
const forEver = Number.POSITIVE_INFINITY;

/** What keeping the past costs the journal, and what pruning it does: commits of 100 sets, one after the other. */
export async function history(dataDir: string): Promise<object[]> {
  const rows: object[] = [];
  for (const [what, transactionsMax] of [
    ["cold", 10_000],
    ["keeps 10,000 changes", 10_000],
    ["keeps everything", forEver],
    ["keeps 10,000 changes", 10_000],
    ["keeps everything", forEver],
  ] as const) {
    const dir = join(dataDir, `${rows.length}`);
    const row = await run(dir, { transactionsMax, bytesMax: forEver, ageMaxMs: forEver });
    rows.push({ what, ...row });
  }
  return rows.slice(1);
}

async function run(dataDir: string, retention: Retention): Promise<object> {
  const journal = await openSqliteJournal({ dataDir, retention });
  await journal.load({ node: () => {}, session: () => {}, request: () => {} });
  let zxid = 0;
  const root = createdNode({ zxid: 0, timeMs: 0 }, {}, 0);
  const nodes = Array.from({ length: batchSize }, (_, i) => `/node-${i}`);
  const data = randomBytes(100);
  await journal.commit(
    nodes.map((path, i): Transaction => {
      const stamp = { zxid: ++zxid, timeMs: Date.now() };
      const parent = { ...root, pzxid: zxid, creates: i + 1, numChildren: i + 1 };
      const node = createdNode(stamp, {}, data.length);
      return { ...stamp, changes: [{ kind: "nodeCreated", path, data, node, parent }] };
    }),
  );
  const timesMs = new Float64Array(batches);
  const cpu = process.cpuUsage();
  for (let i = 0; i < batches; i++) {
    const batch = nodes.map((path): Transaction => {
      const stamp = { zxid: ++zxid, timeMs: Date.now() };
      const node = { ...createdNode(stamp, {}, data.length), version: i + 1 };
      return { ...stamp, changes: [{ kind: "nodeDataSet", path, data, node, previousData: data }] };
    });
    const startMs = performance.now();
    await journal.commit(batch);
    timesMs[i] = performance.now() - startMs;
  }
  const used = process.cpuUsage(cpu);
  timesMs.sort();
  await journal.close();
  return {
    "p50 ms": round(timesMs[batches / 2]!),
    "p99 ms": round(timesMs[Math.floor(batches * 0.99)]!),
    "max ms": round(timesMs.at(-1)!),
    "CPU us per change": round((used.user + used.system) / (batches * batchSize)),
    "database MB": round(statSync(join(dataDir, "corral.db")).size / 1e6),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
