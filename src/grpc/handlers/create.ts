import type { Engine } from "../../engine/engine.ts";
import { doneOf, int64, statToProto } from "../convert.ts";
import { createFromProto } from "../operation-convert.ts";
import type { HandlerOf } from "./handler.ts";

export function create(engine: Engine): HandlerOf<"create"> {
  return async (request, caller) => {
    const done = doneOf(await engine.submit(createFromProto(request), caller));
    return { zxid: int64(done.zxid), path: done.path!, stat: statToProto(done.stat!) };
  };
}
