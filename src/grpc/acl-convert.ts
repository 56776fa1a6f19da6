import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type AclEntrySchema,
  type AclEntry as ProtoEntry,
  Permission as ProtoPermission,
} from "../../gen/ts/corral/v1/acl_pb.js";
import { type AclEntry, allPermissions, permissions } from "../core/acl.ts";
import { badArgument } from "./convert.ts";

const bitOf: Readonly<Partial<Record<ProtoPermission, number>>> = {
  [ProtoPermission.READ]: permissions.read,
  [ProtoPermission.WRITE]: permissions.write,
  [ProtoPermission.CREATE]: permissions.create,
  [ProtoPermission.DELETE]: permissions.delete,
  [ProtoPermission.ADMIN]: permissions.admin,
  [ProtoPermission.ALL]: allPermissions,
};

const single = [
  ProtoPermission.READ,
  ProtoPermission.WRITE,
  ProtoPermission.CREATE,
  ProtoPermission.DELETE,
  ProtoPermission.ADMIN,
];

/** @throws Refused BAD_ARGUMENTS for a number that is no permission; all other rules are the core's. */
export function entryFromProto({ identity, permissions: asked }: ProtoEntry): AclEntry {
  let bits = 0;
  for (const permission of asked) {
    const bit = bitOf[permission];
    if (bit === undefined) throw badArgument("acl.permissions", `there is no permission ${permission}`);
    bits |= bit;
  }
  return { scheme: identity?.scheme ?? "", id: identity?.id ?? "", permissions: bits };
}

export function entryToProto({
  scheme,
  id,
  permissions: bits,
}: AclEntry): MessageInitShape<typeof AclEntrySchema> {
  const allowed = single.filter((permission) => bits & bitOf[permission]!);
  return { identity: { scheme, id }, permissions: bits === allPermissions ? [ProtoPermission.ALL] : allowed };
}
