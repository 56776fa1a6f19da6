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

/**
 * From now on the thread whose garbage is collected copies what stays by itself. V8 would share that out to threads
 * and wait for the last of them: on a busy machine they wait for a core, and everybody for them, 50 ms and more for
 * a collection that takes 5. What runs beside the server's work, marking and sweeping, stays with the threads.
 *
 * Nor does V8 guess what will grow old, and put it there at once: under many calls it comes to believe that of what
 * every call makes, whose garbage then keeps others', so that a sixth of it waits for a collection of everything.
 */
export function tuneCollections(): void {
  for (const work of ["scavenge", "compaction", "pointer-update"])
    setFlagsFromString(`--no-parallel-${work}`);
  setFlagsFromString("--no-allocation-site-pretenuring");
}
