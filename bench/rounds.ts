import { median } from "./load/latencies.ts";
import type { Product } from "./servers/server.ts";
import type { Figures, Scale, Subject, Workload } from "./workloads/workload.ts";

/** The rounds of one workload on one server, and what comes out of them. */
export interface Row {
  readonly workload: string;
  readonly server: Product["name"];
  readonly rounds: readonly Figures[];
  readonly median: Figures;
  readonly min: Figures;
  readonly max: Figures;
}

/** A round of each server after the other, as often as the scale says; the first, on cold code, does not count. */
export async function inRounds(
  workload: Workload,
  subjects: readonly Subject[],
  scale: Scale,
): Promise<Row[]> {
  const rounds = new Map<Subject, Figures[]>(subjects.map((subject) => [subject, []]));
  for (const subject of subjects) await workload.run(subject, { ...scale, seconds: scale.seconds / 2 });
  for (let round = 0; round < scale.rounds; round++) {
    for (const subject of subjects) {
      const figures = await workload.run(subject, scale);
      if (figures !== undefined) rounds.get(subject)!.push(figures);
    }
  }
  return [...rounds]
    .filter(([, figures]) => figures.length > 0)
    .map(([{ server }, figures]) => row(workload.name, server.name, figures));
}

export function row(workload: string, server: Product["name"], rounds: readonly Figures[]): Row {
  const of = (pick: (values: number[]) => number): Figures =>
    Object.fromEntries(
      Object.keys(rounds[0]!).map((name) => [
        name,
        pick(rounds.map((round) => round[name as keyof Figures]!)),
      ]),
    );
  return {
    workload,
    server,
    rounds,
    median: of(median),
    min: of((values) => Math.min(...values)),
    max: of((values) => Math.max(...values)),
  };
}
