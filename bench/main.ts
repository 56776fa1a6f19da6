import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { compare, workloadNames } from "./compare.ts";
import { machine } from "./machine.ts";
import { runParts } from "./parts/main.ts";
import { ratiosTable } from "./ratios.ts";
import { corral } from "./servers/corral.ts";
import { etcd } from "./servers/etcd.ts";
import { type Product, stopAll } from "./servers/server.ts";
import { zookeeper } from "./servers/zookeeper.ts";
import { rowsTable } from "./table.ts";
import { fullScale, quickScale } from "./workloads/workload.ts";

const usage = `Usage: npm run bench [-- flags] [WORKLOAD...]

Corral side by side with etcd and ZooKeeper, where they are installed, on this machine.
Workloads: ${workloadNames.join(", ")}; all by default.

  --quick          the same rows in a minute: fewer and shorter rounds, smaller counts
  --servers LIST   some of corral, etcd, zookeeper, with commas between
  --rounds N       rounds of each workload that count; one more warms up
  --seconds N      of each round
  --json FILE      where the figures go; a new file in bench/results by default
  --part NAME      instead: one part of Corral by itself, in more detail; "all" for every one`;

const products: readonly Product[] = [corral, etcd, zookeeper];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

try {
  await main();
} finally {
  await stopAll();
}

async function main(): Promise<void> {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      servers: { type: "string", default: "corral,etcd,zookeeper" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      json: { type: "string" },
      part: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (options.help) return console.log(usage);
  if (options.part !== undefined) return runParts(options.part);
  const unknown = positionals.find((name) => !workloadNames.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no workload ${unknown}.\n\n${usage}`);
    process.exitCode = 2;
    return;
  }

  const base = options.quick ? quickScale : fullScale;
  const { rounds = base.rounds, seconds = base.seconds } = options;
  const scale = { ...base, rounds: Number(rounds), seconds: Number(seconds) };
  const wanted = products.filter(({ name }) => options.servers.split(",").includes(name));
  const { cores, cpu, memoryGb, kernel, fileSystem } = machine();
  console.log(`${cores} x ${cpu}, ${memoryGb} GiB, ${kernel}, ${fileSystem}`);
  for (const product of wanted) console.log(product.version() ?? `${product.name} is not installed`);

  const report = await compare({
    products: wanted.filter((product) => product.version() !== undefined),
    workloads: positionals.length > 0 ? positionals : workloadNames,
    scale,
    // To the other stream, so that what is piped somewhere is the whole table and nothing else.
    progress: (rows) => console.error(`${rowsTable(rows)}\n`),
  });
  console.log(`\n${rowsTable(report.rows)}\n\n${ratiosTable(report.ratios)}\n`);
  for (const { workload, reason } of report.broken) console.log(`${workload} broke: ${reason}`);
  if (report.broken.length > 0) process.exitCode = 1;
  const file = options.json ?? `bench/results/${report.startedAt.replaceAll(":", "-")}.json`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`The figures of every round are in ${file}.`);
}
