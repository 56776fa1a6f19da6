import type { Engine } from "../../engine/engine.ts";
import { doneOf, int64 } from "../convert.ts";
import { deleteFromProto } from "../operation-convert.ts";
import type { HandlerOf } from "./handler.ts";

export function deleteNode(engine: Engine): HandlerOf<"delete"> {
  return async (request, caller) => {
    const done = doneOf(await engine.submit(deleteFromProto(request), caller));
    return { zxid: int64(done.zxid) };
  };
}
