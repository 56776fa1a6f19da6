import type { Change } from "../change.ts";
import { asContainer, createdNode, forever, type NodeRecord, withChild } from "../node.ts";
import type { NotDone } from "../operation.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import { type Context, refuse } from "./prepared.ts";
import { noChildrenForEphemerals } from "./refusals.ts";

/** A node's parent, and the changes that make it and those above it. */
export interface Parents {
  readonly parent: NodeRecord;
  readonly changes: readonly Change[];
}

const noData = new Uint8Array();

/** Creates the missing node at a valid path, and those above it that are missing too, without data. */
export function createParents(
  path: string,
  kind: "persistent" | "container",
  state: StateReader,
  { stamp, limits }: Context,
): Parents | NotDone {
  const missing: string[] = [];
  const budget = new ChangeBudget(limits);
  let at = path;
  for (; state.node(at) === undefined; at = parentOf(at)) {
    missing.push(at);
    const tooLarge = budget.add(at);
    if (tooLarge !== undefined) return refuse(tooLarge);
  }
  let parent = state.node(at)!;
  if (parent.ephemeralOwner !== 0) return refuse(noChildrenForEphemerals(at));
  const lifetimeMs = kind === "container" ? asContainer : forever;
  const changes = missing.reverse().map((created): Change => {
    const node = createdNode(stamp, { lifetimeMs }, 0);
    const change = { kind: "nodeCreated", path: created, data: noData, node } as const;
    const above = withChild(parent, stamp.zxid);
    parent = node;
    return { ...change, parent: above };
  });
  return { parent, changes };
}
