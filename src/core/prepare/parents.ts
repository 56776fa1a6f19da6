import type { Acl } from "../acl.ts";
import type { Change } from "../change.ts";
import { asContainer, createdNode, forever, type NodeRecord, withChild } from "../node.ts";
import type { NotDone } from "../operation.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import { denied } from "./permission.ts";
import { type Context, refuse } from "./prepared.ts";
import { noChildrenForEphemerals } from "./refusals.ts";

/** A node's parent, and the changes that make it and those above it. */
export interface Parents {
  readonly parent: NodeRecord;
  readonly changes: readonly Change[];
}

const noData = new Uint8Array();

/**
 * Creates the missing node at a valid path, and those above it that are missing too, without data. They have the
 * list of the node itself, or else whoever may change them could take it away.
 */
export function createParents(
  path: string,
  { kind, acl }: { readonly kind: "persistent" | "container"; readonly acl: Acl },
  state: StateReader,
  { stamp, limits, identities }: Context,
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
  const refusal = denied("create", at, parent, identities);
  if (refusal !== undefined) return refuse(refusal);
  if (parent.ephemeralOwner !== 0) return refuse(noChildrenForEphemerals(at));
  const lifetimeMs = kind === "container" ? asContainer : forever;
  const changes = missing.reverse().map((created): Change => {
    const node = createdNode(stamp, { lifetimeMs, acl }, 0);
    const change = { kind: "nodeCreated", path: created, data: noData, node } as const;
    const above = withChild(parent, stamp.zxid);
    parent = node;
    return { ...change, parent: above };
  });
  return { parent, changes };
}
