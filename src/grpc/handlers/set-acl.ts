import { SetAclRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { entryFromProto } from "../acl-convert.ts";
import { int64, statToProto, versionFromProto } from "../convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function setAcl(engine: Engine): HandlerOf<"setAcl"> {
  return async (request, caller) => {
    const { path, recursive } = request;
    const acl = request.acl.map(entryFromProto);
    const aversion = versionFromProto(request.aversion);
    const operation = { op: "setAcl", path, acl, aversion, recursive } as const;
    const done = await write(engine, operation, caller, { schema: SetAclRequestSchema, request });
    return { zxid: int64(done.zxid), stat: statToProto(done.stat!) };
  };
}
