import {
  type SetAclRequest,
  SetAclRequestSchema,
  SetAclResponseSchema,
} from "../../../gen/ts/corral/v1/node_pb.js";
import type { Operation } from "../../core/operation.ts";
import { entryFromProto } from "../acl-convert.ts";
import { int64, statToProto, versionFromProto } from "../convert.ts";
import type { WriteCall } from "../write.ts";

export function setAcl(): WriteCall<typeof SetAclRequestSchema, typeof SetAclResponseSchema> {
  return {
    input: SetAclRequestSchema,
    output: SetAclResponseSchema,
    operationOf,
    answerOf: ({ zxid, stat }) => ({ zxid: int64(zxid), stat: statToProto(stat!) }),
  };
}

function operationOf({ path, recursive, acl, aversion }: SetAclRequest): Operation {
  return {
    op: "setAcl",
    path,
    acl: acl.map(entryFromProto),
    aversion: versionFromProto(aversion),
    recursive,
  };
}
