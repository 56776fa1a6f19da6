import fc, { type IAsyncPropertyWithHooks } from "fast-check";

/** So much of a history is shown when it fails: the seed brings it back. */
const shownMax = 6_000;

/** How often a simulation runs; `SIMULATION_RUNS` says otherwise. */
export function simulationRuns(usually: number): number {
  const { SIMULATION_RUNS: runs } = process.env;
  return runs === undefined ? usually : Math.max(1, Math.round((Number(runs) * usually) / 200));
}

/**
 * Runs random histories, other ones each time. When one fails, it is made as short as can be, and the error names the
 * variables that bring it back: SIMULATION_SEED, and SIMULATION_PATH for that history alone.
 */
export async function campaign<T>(property: IAsyncPropertyWithHooks<T>, numRuns: number): Promise<void> {
  const { SIMULATION_SEED: seed, SIMULATION_PATH: path } = process.env;
  const details = await fc.check(property, {
    numRuns,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  });
  if (!details.failed) return;
  const again = `SIMULATION_SEED=${details.seed} SIMULATION_PATH=${details.counterexamplePath}`;
  const history = fc.stringify(details.counterexample).slice(0, shownMax);
  const error = details.errorInstance;
  throw new Error(
    `a history failed after ${details.numRuns} (again with ${again}): ${error instanceof Error ? error.message : error}\n${history}`,
    { cause: error },
  );
}
