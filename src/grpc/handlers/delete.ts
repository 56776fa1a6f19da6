import type { Engine } from "../../engine/engine.ts";
import { doneOf, int64, versionFromProto } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function deleteNode(engine: Engine): HandlerOf<"delete"> {
  return async (request, caller) => {
    const version = versionFromProto(request.version);
    const done = doneOf(await engine.submit({ op: "delete", path: request.path, version }, caller));
    return { zxid: int64(done.zxid) };
  };
}
