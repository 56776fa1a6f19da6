import type { Engine } from "../../engine/engine.ts";
import { dataToProto, doneOf, int64, statToProto } from "../convert.ts";
import { createFromProto } from "../operation-convert.ts";
import type { HandlerOf } from "./handler.ts";

export function create(engine: Engine): HandlerOf<"create"> {
  return async (request, caller) => {
    const done = doneOf(await engine.submit(createFromProto(request), caller));
    const { zxid, path, stat, existed, data } = done;
    const found = data && dataToProto(data, request.asText);
    return { zxid: int64(zxid), path: path!, stat: statToProto(stat!), existed: existed ?? false, ...found };
  };
}
