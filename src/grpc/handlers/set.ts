import type { Engine } from "../../engine/engine.ts";
import { dataFromProto, doneOf, int64, statToProto, versionFromProto } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function set(engine: Engine): HandlerOf<"set"> {
  return async (request, caller) => {
    const { path } = request;
    const data = dataFromProto(request);
    const version = versionFromProto(request.version);
    const done = doneOf(await engine.submit({ op: "set", path, data, version }, caller));
    return { zxid: int64(done.zxid), stat: statToProto(done.stat!) };
  };
}
