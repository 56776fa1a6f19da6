import { createdNode } from "../../src/core/node.ts";
import { reservedNodes } from "../../src/core/reserved.ts";
import { Tree } from "../../src/core/tree.ts";
import type { Figures } from "./engine.ts";

const nodes = 100_000;
const parents = 1_000;

/** What a node of 100 bytes takes in memory, in the shape of a registry. */
export async function memory(): Promise<Figures> {
  const before = retained();
  const tree = new Tree();
  for (const { path, record } of reservedNodes) tree.loadNode(path, record, new Uint8Array());
  const record = createdNode({ zxid: 1, timeMs: 1_700_000_000_000 }, {}, 100);
  const parentOf = (i: number) => `/service-${String(i).padStart(4, "0")}`;
  for (let i = 0; i < parents; i++) tree.loadNode(parentOf(i), record, Buffer.alloc(100, "x"));
  for (let i = 0; i < nodes; i++)
    tree.loadNode(
      `${parentOf(i % parents)}/instance-${String(i).padStart(10, "0")}`,
      record,
      Buffer.alloc(100, "x"),
    );
  const bytes = retained() - before;
  if (tree.nodeCount < nodes) throw new Error("the tree has lost nodes");
  return { "bytes of a node in memory": bytes / nodes };
}

function retained(): number {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
