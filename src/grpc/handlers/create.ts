import type { Engine } from "../../engine/engine.ts";
import { createModeFromProto, dataFromProto, doneOf, int64, statToProto } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function create(engine: Engine): HandlerOf<"create"> {
  return async (request, caller) => {
    const { path } = request;
    const data = dataFromProto(request);
    const mode = createModeFromProto(request.mode);
    const done = doneOf(await engine.submit({ op: "create", path, data, mode }, caller));
    return { zxid: int64(done.zxid), path: done.path!, stat: statToProto(done.stat!) };
  };
}
