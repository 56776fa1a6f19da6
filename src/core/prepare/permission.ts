import { type Permission, permits } from "../acl.ts";
import type { Identity } from "../identity.ts";
import type { NodeRecord } from "../node.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";

/** Why somebody may not do something with a node; undefined if he may. ZooKeeperServer.checkACL. */
export function denied(
  permission: Permission,
  path: string,
  { acl }: NodeRecord,
  identities: readonly Identity[] | undefined,
): Refusal | undefined {
  if (permits(acl, identities, permission)) return undefined;
  const message = `the access control list of ${path} does not allow you to ${verbs[permission]}`;
  return { reason: "NO_AUTH", message, facts: { path, permission: permission.toUpperCase() } };
}

/**
 * The same below a node whose path the caller knows already: the refusal names no node that it could not have found
 * by listing, since the caller has guessed nothing here.
 */
export function deniedBelow(
  permission: Permission,
  { top, path, node }: { readonly top: string; readonly path: string; readonly node: NodeRecord },
  state: StateReader,
  identities: readonly Identity[] | undefined,
): Refusal | undefined {
  const refusal = denied(permission, path, node, identities);
  if (refusal === undefined) return undefined;
  const known = lastListed(top, path, state, identities);
  if (known === path) return refusal;
  const message = `a node below ${known}, whose children you may not list, does not allow you to ${verbs[permission]}`;
  return { ...refusal, message, facts: { ...refusal.facts, path: known } };
}

/** How far down to a path the caller can get by listing, from a node that it knows. */
function lastListed(
  top: string,
  path: string,
  state: StateReader,
  identities: readonly Identity[] | undefined,
): string {
  for (let at = top; at !== path; ) {
    if (!permits(state.node(at)!.acl, identities, "read")) return at;
    const end = path.indexOf("/", at === "/" ? 1 : at.length + 1);
    at = end === -1 ? path : path.slice(0, end);
  }
  return path;
}

const verbs: Readonly<Record<Permission, string>> = {
  read: "read it",
  write: "set its data",
  create: "create children",
  delete: "delete children",
  admin: "change that list",
};
