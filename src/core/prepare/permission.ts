import { type Permission, permits } from "../acl.ts";
import type { Identity } from "../identity.ts";
import type { NodeRecord } from "../node.ts";
import type { Refusal } from "../refusal.ts";

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

const verbs: Readonly<Record<Permission, string>> = {
  read: "read it",
  write: "set its data",
  create: "create children",
  delete: "delete children",
  admin: "change that list",
};
