import type { Acl } from "../acl.ts";
import { fixAcl } from "../acl-rules.ts";
import type { Change } from "../change.ts";
import type { NodeRecord } from "../node.ts";
import { anyVersion, type NotDone } from "../operation.ts";
import { childPath, validatePath } from "../path.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import { denied, deniedBelow } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { checkQuotasOfAcls } from "./quota.ts";
import { badAversion, noNode, transactionTooLarge } from "./refusals.ts";
import { nextVersion } from "./versions.ts";

/** PrepRequestProcessor, case setACL: only the list and its version change. */
export function prepareSetAcl(operation: Of<"setAcl">, state: StateReader, context: Context): Prepared {
  const { path, aversion, recursive = false } = operation;
  const badPath = validatePath(path);
  if (badPath !== undefined) return refuse(badPath);
  const acl = fixAcl(operation.acl, context.identities);
  if ("reason" in acl) return refuse(acl);
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  const refusal = denied("admin", path, node, context.identities);
  if (refusal !== undefined) return refuse(refusal);
  if (aversion !== anyVersion && aversion !== node.aversion) return refuse(badAversion(path, aversion, node));
  const changes = recursive ? setBelow(path, acl, state, context) : [changeOf(path, node, acl)];
  if ("ok" in changes) return changes;
  const exceeded = checkQuotasOfAcls(changes, state, context);
  return exceeded === undefined ? { ok: true, changes, path } : refuse(exceeded);
}

/** The node and every node below it, parents first: all of them, or none. */
function setBelow(
  top: string,
  acl: Acl,
  state: StateReader,
  { identities, limits }: Context,
): readonly Change[] | NotDone {
  const changes: Change[] = [];
  const budget = new ChangeBudget(limits);
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const node = state.node(path)!;
    const refusal =
      deniedBelow("admin", { top, path, node }, state, identities) ?? budget.add(path, acl.text.length);
    if (refusal !== undefined) return refuse(refusal);
    changes.push(changeOf(path, node, acl));
    // Before a million names are gathered, only to be refused.
    const count = changes.length + pending.length + node.numChildren;
    if (count > limits.changesMax) return refuse(transactionTooLarge("changes", count, limits.changesMax));
    for (const name of state.childNames(path)) pending.push(childPath(path, name));
  }
  return changes;
}

function changeOf(path: string, node: NodeRecord, acl: Acl): Change {
  return { kind: "nodeAclSet", path, node: { ...node, acl, aversion: nextVersion(node.aversion) } };
}
