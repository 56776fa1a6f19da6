import { permits } from "../acl.ts";
import { withoutChild } from "../node.ts";
import { anyVersion } from "../operation.ts";
import { isSpecialPath, parentOf, validatePath } from "../path.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { badVersion, noNode, notEmpty } from "./refusals.ts";
import { prepareDeleteSubtree } from "./subtree.ts";

/** PrepRequestProcessor, case delete. */
export function prepareDelete(
  { path, version, recursive = false }: Of<"delete">,
  state: StateReader,
  context: Context,
): Prepared {
  const badPath = validatePath(path) ?? (isSpecialPath(path) ? reservedNode(path) : undefined);
  if (badPath !== undefined) return refuse(badPath);
  const parentPath = parentOf(path);
  const parent = state.node(parentPath);
  if (parent === undefined) return refuse(noNode(parentPath));
  const refusal = denied("delete", parentPath, parent, context.identities);
  if (refusal !== undefined) return refuse(refusal);
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  // DELETE on the parent tells nothing of the node's Stat, which the other refusals of a write may show.
  const shown = () => (permits(node.acl, context.identities, "read") ? node : undefined);
  if (version !== anyVersion && version !== node.version) return refuse(badVersion(path, version, shown()));
  if (node.numChildren > 0) {
    return recursive
      ? prepareDeleteSubtree({ path, node, parent }, state, context)
      : refuse(notEmpty(path, shown()));
  }
  const change = {
    kind: "nodeDeleted",
    path,
    node,
    previousData: state.data(path)!,
    parent: withoutChild(parent, context.stamp.zxid),
  } as const;
  return { ok: true, changes: [change] };
}

function reservedNode(path: string): Refusal {
  const message = `${path} is reserved and cannot be deleted`;
  return { reason: "BAD_ARGUMENTS", message, facts: { path }, field: "path" };
}
