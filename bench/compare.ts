import { type Machine, machine } from "./machine.ts";
import { type Ratio, ratios } from "./ratios.ts";
import { inRounds, type Row } from "./rounds.ts";
import { type Product, stopAll } from "./servers/server.ts";
import { callWorkloads, seed } from "./workloads/calls.ts";
import { memoryRows } from "./workloads/memory.ts";
import { sessionRows } from "./workloads/sessions.ts";
import { watchRows } from "./workloads/watches.ts";
import type { Scale, Subject } from "./workloads/workload.ts";

/** All that a run has found, as its file holds it. */
export interface Report {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly servers: Readonly<Record<string, string>>;
  readonly scale: Scale;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  /** Workloads that could not be run to their end, and why: such a one has no rows. */
  readonly broken: readonly { readonly workload: string; readonly reason: string }[];
}

type OnServers = (subjects: readonly Subject[], scale: Scale) => Promise<Row[]>;

/** Workloads that one set of servers serves one after the other, in rounds that alternate between them. */
const onSharedServers: Readonly<Record<string, OnServers>> = {
  ...Object.fromEntries(
    Object.entries(callWorkloads).map(([name, workloads]) => [
      name,
      async (subjects: readonly Subject[], scale: Scale) => {
        const rows: Row[] = [];
        for (const workload of workloads) rows.push(...(await inRounds(workload, subjects, scale)));
        return rows;
      },
    ]),
  ),
  watches: watchRows,
};

/** Workloads that need a server to themselves, from its start on. */
const onOwnServers: Readonly<Record<string, (products: readonly Product[], scale: Scale) => Promise<Row[]>>> =
  { sessions: sessionRows, memory: memoryRows };

export const workloadNames = [...Object.keys(onSharedServers), ...Object.keys(onOwnServers)];

/** Runs workloads on products that are installed; `progress` is told of rows as they come. */
export async function compare(options: {
  readonly products: readonly Product[];
  readonly workloads: readonly string[];
  readonly scale: Scale;
  readonly progress: (rows: readonly Row[]) => void;
}): Promise<Report> {
  const { products, workloads, scale, progress } = options;
  const startedAt = new Date().toISOString();
  const rows: Row[] = [];
  const broken: { workload: string; reason: string }[] = [];
  // One that fails, as for want of open files, must not cost the figures of the others.
  const attempt = async (workload: string, run: () => Promise<Row[]>) => {
    try {
      const more = await run();
      rows.push(...more);
      progress(more);
    } catch (error) {
      broken.push({ workload, reason: String(error) });
    }
  };
  const shared = workloads.filter((name) => name in onSharedServers);
  if (shared.length > 0) {
    const subjects: Subject[] = [];
    for (const product of products) subjects.push({ server: await product.start(), next: 0 });
    for (const subject of subjects) await seed(subject);
    for (const name of shared) await attempt(name, () => onSharedServers[name]!(subjects, scale));
    await stopAll();
  }
  for (const name of workloads.filter((name) => name in onOwnServers)) {
    await attempt(name, () => onOwnServers[name]!(products, scale));
    await stopAll();
  }
  return {
    startedAt,
    machine: machine(),
    servers: Object.fromEntries(products.map(({ name, version }) => [name, version()!])),
    scale,
    rows,
    ratios: ratios(rows),
    broken,
  };
}
