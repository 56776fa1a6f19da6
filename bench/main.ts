import { parseArgs } from "node:util";
import { machine } from "./machine.ts";
import { runParts } from "./parts/main.ts";
import { ratios, ratiosTable } from "./ratios.ts";
import { inRounds, type Row } from "./rounds.ts";
import { corral } from "./servers/corral.ts";
import { etcd } from "./servers/etcd.ts";
import { type Product, stopAll } from "./servers/server.ts";
import { zookeeper } from "./servers/zookeeper.ts";
import { rowsTable } from "./table.ts";
import { callWorkloads, seed } from "./workloads/calls.ts";
import type { Scale, Subject } from "./workloads/workload.ts";

const full: Scale = {
  rounds: 5,
  seconds: 3,
  watches: 10_000,
  watchChanges: 20,
  sessions: 10_000,
  idleSeconds: 10,
  nodes: 1_000_000,
};
const quick: Scale = {
  rounds: 1,
  seconds: 0.3,
  watches: 1_000,
  watchChanges: 3,
  sessions: 500,
  idleSeconds: 1,
  nodes: 20_000,
};

const products: readonly Product[] = [corral, etcd, zookeeper];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    part: { type: "string" },
    json: { type: "string" },
    servers: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => void stopAll().finally(() => process.exit(130)));

try {
  if (options.part !== undefined) await runParts(options.part);
  else await compare();
} finally {
  await stopAll();
}

async function compare(): Promise<void> {
  const base = options.quick ? quick : full;
  const scale = {
    ...base,
    rounds: Number(options.rounds ?? base.rounds),
    seconds: Number(options.seconds ?? base.seconds),
  };
  const wanted = products.filter(({ name }) => options.servers?.split(",").includes(name) ?? true);
  const present = wanted.filter((product) => product.version() !== undefined);
  const about = machine();
  console.log(`${about.cores} x ${about.cpu}, ${about.kernel}, ${about.fileSystem}`);
  for (const product of wanted) console.log(product.version() ?? `${product.name} is not installed`);
  const workloads = callWorkloads.filter(({ group }) => names.length === 0 || names.includes(group));
  const rows: Row[] = [];
  const subjects: Subject[] = [];
  for (const product of present) subjects.push({ server: await product.start(), next: 0 });
  for (const subject of subjects) await seed(subject);
  for (const workload of workloads) {
    const now = await inRounds(workload, subjects, scale, true);
    console.error(rowsTable(now));
    rows.push(...now);
  }
  for (const { server } of subjects) await server.stop();
  console.log(`\n${rowsTable(rows)}\n\n${ratiosTable(ratios(rows))}`);
}
