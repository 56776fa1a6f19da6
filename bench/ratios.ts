import { median } from "./load/latencies.ts";
import type { Row } from "./rounds.ts";
import type { Product } from "./servers/server.ts";
import { figure, textTable } from "./table.ts";
import type { Figures } from "./workloads/workload.ts";

/** A ratio of Corral's figure to another's, and what it shall be. */
interface Target {
  readonly workload: string;
  readonly peer: Exclude<Product["name"], "corral">;
  readonly figure: keyof Figures;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export const targets: readonly Target[] = [
  { workload: "unary read, 256 in flight", peer: "etcd", figure: "perSecond", atLeast: 1.3 },
  { workload: "unary read, 256 in flight", peer: "etcd", figure: "cpuPer100k", atMost: 0.7 },
  { workload: "unary durable create, 256 in flight", peer: "etcd", figure: "perSecond", atLeast: 0.9 },
  {
    workload: "pipelined durable create, 1,000 in flight",
    peer: "zookeeper",
    figure: "perSecond",
    atLeast: 2.5,
  },
  { workload: "pipelined read, 1,000 in flight", peer: "zookeeper", figure: "perSecond", atLeast: 2.5 },
  {
    workload: "reads, 1,000 a second, under 10,000 durable creates a second",
    peer: "zookeeper",
    figure: "p99Ms",
    atMost: 0.5,
  },
  { workload: "memory and start", peer: "zookeeper", figure: "bytesPerNode", atMost: 0.6 },
];

/** Corral's event loop shall never be held up for longer, whatever it does. */
export const stallMsMax = 50;

/** What a target came to: the median of the ratios of each round, whose two sides ran one after the other. */
export interface Ratio {
  readonly what: string;
  readonly wanted: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly reached: boolean;
}

export function ratios(rows: readonly Row[]): Ratio[] {
  const found = targets.flatMap((target) => {
    const of = (server: Product["name"]) =>
      rows.find((row) => row.workload === target.workload && row.server === server)?.rounds ?? [];
    const peers = of(target.peer);
    const values = of("corral").flatMap((round, i) => {
      const ratio = round[target.figure]! / (peers[i]?.[target.figure] ?? Number.NaN);
      return Number.isFinite(ratio) ? [ratio] : [];
    });
    if (values.length === 0) return [];
    const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = target;
    const middle = median(values);
    return {
      what: `${target.workload}: ${names[target.figure]}, of ${target.peer}'s`,
      wanted: target.atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`,
      median: middle,
      min: Math.min(...values),
      max: Math.max(...values),
      reached: middle >= atLeast && middle <= atMost,
    };
  });
  return [
    ...found,
    ...longestStall(rows, "stallMs", "longest stall of Corral's event loop"),
    ...longestStall(rows, "ownStallMs", "longest stall without waiting for a core"),
  ];
}

const names: Partial<Record<keyof Figures, string>> = {
  perSecond: "operations a second",
  cpuPer100k: "CPU an operation",
  p99Ms: "p99",
  bytesPerNode: "memory a node",
};

/** The workload with the longest stall, by the median of its rounds: one round can be the machine's. */
function longestStall(rows: readonly Row[], name: "stallMs" | "ownStallMs", what: string): Ratio[] {
  const worst = rows
    .filter(({ median }) => median[name] !== undefined)
    .toSorted((a, b) => b.median[name]! - a.median[name]!)[0];
  if (worst === undefined) return [];
  const middle = worst.median[name]!;
  return [
    {
      what: `${what}, ms (${worst.workload})`,
      wanted: `<= ${stallMsMax}`,
      median: middle,
      min: worst.min[name]!,
      max: worst.max[name]!,
      reached: middle <= stallMsMax,
    },
  ];
}

export function ratiosTable(all: readonly Ratio[]): string {
  const head = ["ratio", "wanted", "median of the rounds (min-max)", "reached"];
  return textTable(
    head,
    all.map(({ what, wanted, median: middle, min, max, reached }) => [
      what,
      wanted,
      `${figure(middle)} (${figure(min)}-${figure(max)})`,
      reached ? "yes" : "no",
    ]),
  );
}
