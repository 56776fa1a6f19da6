import { CreateRequestSchema } from "../../../gen/ts/corral/v1/node_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { dataToProto, int64, statToProto } from "../convert.ts";
import { createFromProto } from "../operation-convert.ts";
import { write } from "../write.ts";
import type { HandlerOf } from "./handler.ts";

export function create(engine: Engine): HandlerOf<"create"> {
  return async (request, caller) => {
    const done = await write(engine, createFromProto(request), caller, {
      schema: CreateRequestSchema,
      request,
    });
    const { zxid, path, stat, existed, data } = done;
    const found = data && dataToProto(data, request.asText);
    return { zxid: int64(zxid), path: path!, stat: statToProto(stat!), existed: existed ?? false, ...found };
  };
}
