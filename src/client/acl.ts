import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type AclEntrySchema,
  type AclEntry as ProtoEntry,
  Permission as ProtoPermission,
} from "../../gen/ts/corral/v1/acl_pb.js";

/** Who somebody is: the scheme says how it was proven, the id is his name within it. acl.proto lists the schemes. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** What an entry allows. "delete" is about children: a node is deleted by leave of its parent's list. */
export type Permission = "create" | "delete" | "read" | "write" | "admin";

/** Somebody, and what he may do with a node. */
export interface AclEntry extends Identity {
  readonly permissions: readonly Permission[];
}

/** All permissions, in ZooKeeper's order. */
export const permissions: readonly Permission[] = ["create", "delete", "read", "write", "admin"];

const permissionToProto: Readonly<Record<Permission, ProtoPermission>> = {
  create: ProtoPermission.CREATE,
  delete: ProtoPermission.DELETE,
  read: ProtoPermission.READ,
  write: ProtoPermission.WRITE,
  admin: ProtoPermission.ADMIN,
};

export function aclToProto(acl: readonly AclEntry[]): MessageInitShape<typeof AclEntrySchema>[] {
  return acl.map(({ scheme, id, permissions }) => ({
    identity: { scheme, id },
    permissions: permissions.map((one) => permissionToProto[one]),
  }));
}

export function aclFromProto(acl: readonly ProtoEntry[]): AclEntry[] {
  return acl.map(({ identity, permissions: given }) => ({
    scheme: identity?.scheme ?? "",
    id: identity?.id ?? "",
    permissions: permissions.filter(
      (one) => given.includes(ProtoPermission.ALL) || given.includes(permissionToProto[one]),
    ),
  }));
}
