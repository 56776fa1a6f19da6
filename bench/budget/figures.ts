import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Figures } from "./engine.ts";

/**
 * Nothing is compiled, on one thread, and new space is so large that nothing is collected while it is counted: what
 * the compiler would leave out depends on when it comes round to it. So bytes are a little more than in a server,
 * and the same on every run.
 */
const flags = [
  "--no-opt",
  "--no-sparkplug",
  "--single-threaded",
  "--expose-gc",
  "--min-semi-space-size=256",
  "--max-semi-space-size=256",
];

/** Counts everything, in a process of its own. */
export async function measure(): Promise<Figures> {
  const script = fileURLToPath(new URL("measure.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
  return JSON.parse(stdout) as Figures;
}
