import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { backup } from "./backup.ts";
import { client } from "./client.ts";
import { history } from "./history.ts";
import { memory } from "./memory.ts";
import { pipeline } from "./pipeline.ts";
import { scraping } from "./scrape.ts";
import { sessions } from "./sessions.ts";
import { transact } from "./transact.ts";
import { unary } from "./unary.ts";
import { watches } from "./watches.ts";

/**
 * `npm run bench [-- NAME...]`: measures this machine and prints a table for each. Nothing here is a test:
 * figures depend on the machine, so compare those of one run.
 */
const benches: Record<string, (dataDir: string) => Promise<object[]>> = {
  unary,
  pipeline,
  transact,
  memory,
  sessions,
  watches,
  history,
  client,
  backup,
  scraping,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
console.log(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`);
for (const name of wanted) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`no bench ${name}; there are ${Object.keys(benches).join(", ")}`);
  const dataDir = await mkdtemp(path.join(tmpdir(), "corral-bench-"));
  try {
    console.log(`\n${name}`);
    console.table(await bench(dataDir));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
