import type { NodeRecord } from "../../core/node.ts";
import { validatePath } from "../../core/path.ts";
import { noNode } from "../../core/prepare/refusals.ts";
import { Refused } from "../../core/refusal.ts";
import type { Tree } from "../../core/tree.ts";

/** @throws Refused PATH_TOO_LONG or BAD_ARGUMENTS */
export function checkPath(path: string): void {
  const refusal = validatePath(path);
  if (refusal !== undefined) throw new Refused(refusal);
}

/** The node that a read is about. @throws Refused PATH_TOO_LONG, BAD_ARGUMENTS or NO_NODE */
export function findNode(tree: Tree, path: string): NodeRecord {
  checkPath(path);
  const node = tree.node(path);
  if (node === undefined) throw new Refused(noNode(path));
  return node;
}
