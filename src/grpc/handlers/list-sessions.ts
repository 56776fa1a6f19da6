import type { Engine } from "../../engine/engine.ts";
import { sessionsListedBytesMax, sessionsListedDefault, sessionsListedMax } from "../../limits.ts";
import { badArgument } from "../convert.ts";
import { firstOf, limitFromProto } from "../page.ts";
import { sessionBytes, sessionIdFromProto, sessionToProto } from "../session-convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

const sizes = { what: "sessions", byDefault: sessionsListedDefault, most: sessionsListedMax };

export function listSessions({ sessions, tree }: Engine): AdminHandlerOf<"listSessions"> {
  return ({ afterSessionId, limit, endingWithinMs }) => {
    const after = sessionIdFromProto(afterSessionId, "after_session_id", 0);
    if (endingWithinMs < 0) throw badArgument("ending_within_ms", "a time must not be negative; 0 means any");
    const { items, more } = firstOf(sessions.list(after, endingWithinMs || Number.POSITIVE_INFINITY), {
      countMax: limitFromProto(limit, sizes),
      bytesMax: sessionsListedBytesMax,
      bytesOf: sessionBytes,
    });
    const listed = items.map((view) => sessionToProto(view, tree.ephemeralSum(view.session.id).count));
    return { sessions: listed, more, openSessions: tree.sessionCount };
  };
}
