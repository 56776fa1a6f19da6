import type { Engine } from "../../engine/engine.ts";
import { int64 } from "../convert.ts";
import { sessionIdFromProto } from "../session-convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function expireSession(engine: Engine): AdminHandlerOf<"expireSession"> {
  return async ({ sessionId }, caller) => {
    const zxid = await engine.expireSession(sessionIdFromProto(sessionId, "session_id"), caller);
    return { zxid: int64(zxid) };
  };
}
