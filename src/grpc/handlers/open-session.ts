import { tokenOf } from "../../core/session.ts";
import type { Engine } from "../../engine/engine.ts";
import { int64 } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function openSession(engine: Engine): HandlerOf<"openSession"> {
  return async (request, caller) => {
    const { zxid, session } = await engine.openSession(request.timeoutMs, request.owner, caller);
    return {
      zxid: int64(zxid),
      sessionId: int64(session.id),
      sessionToken: tokenOf(session),
      timeoutMs: session.timeoutMs,
    };
  };
}
