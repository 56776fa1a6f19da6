import type { Engine } from "../../engine/engine.ts";
import { doneOf, int64, statToProto } from "../convert.ts";
import { setFromProto } from "../operation-convert.ts";
import type { HandlerOf } from "./handler.ts";

export function set(engine: Engine): HandlerOf<"set"> {
  return async (request, caller) => {
    const done = doneOf(await engine.submit(setFromProto(request), caller));
    return { zxid: int64(done.zxid), stat: statToProto(done.stat!) };
  };
}
