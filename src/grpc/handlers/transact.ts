import type { Engine } from "../../engine/engine.ts";
import { doneOf } from "../convert.ts";
import { transactedToProto, transactFromProto } from "../transact-convert.ts";
import type { HandlerOf } from "./handler.ts";

export function transact(engine: Engine): HandlerOf<"transact"> {
  return async (request, caller) => {
    const { zxid, transacted } = doneOf(await engine.submit(transactFromProto(request), caller));
    return transactedToProto(transacted!, zxid, request);
  };
}
