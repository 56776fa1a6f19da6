import { sessionOwnerBytesMax, sessionsMax } from "../../limits.ts";
import type { Change, Stamp } from "../change.ts";
import { type NodeRecord, withoutChild } from "../node.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { type Of, type Prepared, refuse } from "./prepared.ts";
import { PreviousData } from "./previous-data.ts";
import { badArgument, sessionExpired } from "./refusals.ts";

export function prepareOpenSession(
  { secret, timeoutMs, owner = "" }: Of<"openSession">,
  state: StateReader,
  { zxid }: Stamp,
): Prepared {
  if (!owner.isWellFormed() || Buffer.byteLength(owner) > sessionOwnerBytesMax) {
    return refuse(badArgument("owner", `an owner has at most ${sessionOwnerBytesMax} bytes of UTF-8`));
  }
  if (state.sessionCount >= sessionsMax) {
    const message = `the server holds ${sessionsMax} sessions already; close some or wait until they expire`;
    return refuse({ reason: "TOO_MANY_SESSIONS", message, facts: { limit: sessionsMax } });
  }
  return { ok: true, changes: [{ kind: "sessionOpened", sessionId: zxid, secret, timeoutMs, owner }] };
}

export function prepareSetSessionTimeout(
  { sessionId, timeoutMs }: Of<"setSessionTimeout">,
  state: StateReader,
): Prepared {
  if (state.session(sessionId) === undefined) return refuse(sessionExpired(sessionId));
  return { ok: true, changes: [{ kind: "sessionTimeoutSet", sessionId, timeoutMs }] };
}

/** All ephemeral nodes of the session go under one zxid: PrepRequestProcessor, case closeSession. */
export function prepareCloseSession(
  { sessionId }: Of<"closeSession">,
  state: StateReader,
  { zxid }: Stamp,
): Prepared {
  if (state.session(sessionId) === undefined) return refuse(sessionExpired(sessionId));
  const changes: Change[] = [];
  /** A parent of several of them, after the deletions so far. */
  const parents = new Map<string, NodeRecord>();
  const previousData = new PreviousData(state);
  for (const path of state.ephemeralsOf(sessionId)) {
    const node = state.node(path)!;
    const parentPath = parentOf(path);
    const parent = withoutChild(parents.get(parentPath) ?? state.node(parentPath)!, zxid);
    parents.set(parentPath, parent);
    changes.push({ kind: "nodeDeleted", path, node, previousData: previousData.of(path, node), parent });
  }
  changes.push({ kind: "sessionClosed", sessionId });
  return { ok: true, changes };
}
