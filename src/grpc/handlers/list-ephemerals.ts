import { Refused } from "../../core/refusal.ts";
import type { Engine } from "../../engine/engine.ts";
import { noSession } from "../../engine/session-keeper.ts";
import { sessionsListedBytesMax, sessionsListedDefault, sessionsListedMax } from "../../limits.ts";
import { firstOf, limitFromProto } from "../page.ts";
import { sessionIdFromProto } from "../session-convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

const sizes = { what: "paths", byDefault: sessionsListedDefault, most: sessionsListedMax };

export function listEphemerals({ tree }: Engine): AdminHandlerOf<"listEphemerals"> {
  return ({ sessionId, afterPath, limit }) => {
    const id = sessionIdFromProto(sessionId, "session_id");
    const countMax = limitFromProto(limit, sizes);
    if (tree.session(id) === undefined) throw new Refused(noSession(id));
    const paths = tree.ephemeralsOf(id).filter((path) => path > afterPath);
    const { items, more } = firstOf(paths.sort(), {
      countMax,
      bytesMax: sessionsListedBytesMax,
      bytesOf: (path) => Buffer.byteLength(path),
    });
    return { paths: items, more };
  };
}
