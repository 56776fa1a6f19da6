import type { Engine } from "../../engine/engine.ts";
import { doneOf, int64 } from "../convert.ts";
import { checkPath } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

export function sync(engine: Engine): HandlerOf<"sync"> {
  return async (request, caller) => {
    if (request.path !== "") checkPath(request.path);
    const done = doneOf(await engine.submit({ op: "sync" }, caller));
    return { zxid: int64(done.zxid) };
  };
}
