import type { Io } from "../verb.ts";
import type { LiveTree } from "./live.ts";
import type { Planted } from "./plant.ts";

/** How often progress is shown: every so many nodes. */
const nodesPerStep = 1_000;

/** Shows how many nodes have passed by, and passes them on. */
export async function* counted<T>(nodes: AsyncIterable<T>, io: Io): AsyncGenerator<T, void> {
  let count = 0;
  for await (const node of nodes) {
    if (++count % nodesPerStep === 0) io.progress(`${count} nodes read`);
    yield node;
  }
}

/** Says what a subtree lacks, since nobody would notice. */
export function tellLeftOut({ ephemerals, hidden }: LiveTree, io: Io): void {
  if (ephemerals > 0)
    io.complain(`${ephemerals} ephemeral nodes were left out: they belong to their sessions`);
  if (hidden > 0) io.complain(`${hidden} nodes that you may not read were left out, with all below them`);
}

export function plantedInWords({ created, overwritten, skipped }: Planted): string {
  return `${created} nodes created, ${overwritten} overwritten, ${skipped} skipped`;
}
