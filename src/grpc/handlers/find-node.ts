import type { NodeRecord } from "../../core/node.ts";
import type { Caller } from "../../core/operation.ts";
import { validatePath } from "../../core/path.ts";
import { noNode } from "../../core/prepare/refusals.ts";
import { Refused } from "../../core/refusal.ts";
import type { Access, Engine } from "../../engine/engine.ts";

/** @throws Refused PATH_TOO_LONG or BAD_ARGUMENTS */
export function checkPath(path: string): void {
  const refusal = validatePath(path);
  if (refusal !== undefined) throw new Refused(refusal);
}

/** The node that a read is about. @throws Refused PATH_TOO_LONG, BAD_ARGUMENTS, NO_AUTH or NO_NODE */
export function findNode(engine: Engine, path: string, access: Access, caller: Caller): NodeRecord {
  checkPath(path);
  const node = engine.lookUp(path, access, caller);
  if (node === undefined) throw new Refused(noNode(path));
  return node;
}
