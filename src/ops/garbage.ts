import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage and gives the memory back to the system. For the moment after the start: loading a large
 * tree leaves about as much garbage as tree, which V8 would keep for allocations that never come.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: (options: object) => void = runInNewContext("gc");
  // Only this flavor also hands back the pages that the young generation grew to.
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
