import { SetRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { int64, statToProto } from "../convert.ts";
import { setFromProto } from "../operation-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function set(engine: Engine): HandlerOf<"set"> {
  return async (request, caller) => {
    const done = await write(engine, setFromProto(request), caller, { schema: SetRequestSchema, request });
    return { zxid: int64(done.zxid), stat: statToProto(done.stat!) };
  };
}
