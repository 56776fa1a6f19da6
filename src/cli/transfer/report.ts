import type { Io } from "../verb.ts";
import type { LiveTree } from "./live.ts";
import type { Planted } from "./plant.ts";

/** How often progress is shown: every so many nodes. */
const nodesPerStep = 1_000;

/** Shows how many nodes have passed by, and passes them on. */
export async function* counted<T>(nodes: AsyncIterable<T>, io: Io): AsyncGenerator<T, void> {
  let count = 0;
  for await (const node of nodes) {
    if (++count % nodesPerStep === 0) io.progress(`${amount(count, "node")} read`);
    yield node;
  }
}

/** Says what a subtree lacks, since nobody would notice. */
export function tellLeftOut({ ephemerals, hidden }: LiveTree, io: Io): void {
  if (ephemerals > 0)
    io.complain(`left out, since they belong to their sessions: ${amount(ephemerals, "ephemeral node")}`);
  if (hidden > 0)
    io.complain(`left out, with all that is below, since you may not read it: ${amount(hidden, "node")}`);
}

export function plantedInWords({ created, overwritten, skipped }: Planted): string {
  return `${amount(created, "node")} created, ${overwritten} overwritten, ${skipped} skipped`;
}

/** "1 node", "2 nodes". */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
