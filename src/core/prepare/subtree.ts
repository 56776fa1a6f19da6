import type { Change } from "../change.ts";
import { type NodeRecord, withoutChild } from "../node.ts";
import { childPath } from "../path.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import { deniedBelow } from "./permission.ts";
import { type Context, type Prepared, refuse } from "./prepared.ts";
import { PreviousData } from "./previous-data.ts";

interface Level {
  readonly path: string;
  /** The node as the deletions so far leave it. */
  node: NodeRecord;
  readonly names: Iterator<string>;
}

/** Deletes a node and everything below it: children before their parents, all under one zxid, or nothing. */
export function prepareDeleteSubtree(
  top: { readonly path: string; readonly node: NodeRecord; readonly parent: NodeRecord },
  state: StateReader,
  { stamp: { zxid }, limits, identities }: Context,
): Prepared {
  const changes: Change[] = [];
  const previousData = new PreviousData(state);
  const budget = new ChangeBudget(limits);
  budget.add(top.path);
  // A stack of its own: the tree may be thousands of levels deep.
  const levels: Level[] = [{ ...top, names: state.childNames(top.path) }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { path } = level;
    const next = level.names.next();
    if (!next.done) {
      const refusal = deniedBelow("delete", { top: top.path, path, node: level.node }, state, identities);
      if (refusal !== undefined) return refuse(refusal);
      const below = childPath(path, next.value);
      levels.push({ path: below, node: state.node(below)!, names: state.childNames(below) });
      const tooLarge = budget.add(below);
      if (tooLarge !== undefined) return refuse(tooLarge);
      continue;
    }
    levels.pop();
    const above = levels.at(-1);
    const parent = withoutChild(above?.node ?? top.parent, zxid);
    if (above !== undefined) above.node = parent;
    changes.push({
      kind: "nodeDeleted",
      path,
      node: level.node,
      previousData: previousData.of(path, level.node),
      parent,
    });
  }
  return { ok: true, changes };
}
