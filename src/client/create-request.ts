import type { MessageInitShape } from "@bufbuild/protobuf";
import { CreateParents, type CreateRequestSchema, IfExists } from "../../gen/ts/corral/v1/node_pb.js";
import { aclToProto } from "./acl.ts";
import { bytesOf, createModeToProto, type Data } from "./node.ts";
import type { NewNode } from "./options.ts";

/** A node to create, as the server is asked for it, alone or in a transaction. */
export function createRequest(
  path: string,
  data: Data | undefined,
  { mode = "persistent", parents = false, ttlMs = 0, acl = [], ifExists = "fail" }: NewNode,
): MessageInitShape<typeof CreateRequestSchema> {
  return {
    path,
    data: bytesOf(data),
    mode: createModeToProto[mode],
    parents: parents ? CreateParents.PERSISTENT : CreateParents.UNSPECIFIED,
    ttlMs: BigInt(ttlMs),
    ifExists: ifExists === "set" ? IfExists.SET : IfExists.UNSPECIFIED,
    acl: aclToProto(acl),
  };
}
