import { promiseHooks } from "node:v8";
import type { Figures } from "./engine.ts";

/** Calls of which a figure is the mean, after as many that warm up. */
export const calls = 5_000;
/** Calls that are under way at the same time, so that they share commits, and messages. */
const together = 100;

/** What calls allocate, given how the i-th is made. */
export async function allocations(what: string, call: (i: number) => Promise<unknown>): Promise<Figures> {
  await run(call, 0);
  globalThis.gc!();
  const bytesBefore = allocated();
  await run(call, calls);
  const bytes = allocated() - bytesBefore;
  let promises = 0;
  const stop = promiseHooks.onInit(() => {
    promises++;
  });
  await run(call, 2 * calls);
  stop();
  return { [`bytes allocated by ${what}`]: bytes / calls, [`promises of ${what}`]: promises / calls };
}

async function run(call: (i: number) => Promise<unknown>, from: number): Promise<void> {
  for (let at = from; at < from + calls; at += together)
    await Promise.all(Array.from({ length: together }, (_, i) => call(at + i)));
}

/** Nothing is collected meanwhile: new space is large enough. */
function allocated(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
