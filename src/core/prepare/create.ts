import { ephemeralsPerSessionMax } from "../../limits.ts";
import type { Stamp } from "../change.ts";
import { createdNode, withChild } from "../node.ts";
import type { Caller } from "../operation.ts";
import { checkPathLength, checkPathStart, parentOf, validatePath } from "../path.ts";
import { sequentialPath } from "../sequence.ts";
import type { StateReader } from "../state.ts";
import { checkTtl, lifetimeOf, traitsOf } from "./create-mode.ts";
import { type Of, type Prepared, refuse } from "./prepared.ts";
import { nodeExists, noNode, sessionRequired, tooManyEphemerals } from "./refusals.ts";

/** PrepRequestProcessor.pRequest2TxnCreate. */
export function prepareCreate(
  { path, data, mode, ttlMs = 0 }: Of<"create">,
  caller: Caller,
  state: StateReader,
  stamp: Stamp,
): Prepared {
  const { ephemeral, sequential } = traitsOf[mode];
  const badTtl = checkTtl(mode, ttlMs);
  if (badTtl !== undefined) return refuse(badTtl);
  if (ephemeral && caller.sessionId === undefined) return refuse(sessionRequired);
  const badStart = checkPathStart(path);
  if (badStart !== undefined) return refuse(badStart);
  const parentPath = parentOf(path);
  const parent = state.node(parentPath);
  if (parent === undefined)
    return refuse(noNode(parentPath, `the parent ${parentPath} does not exist; create it first`));
  const created = sequential ? sequentialPath(path, parent.creates) : path;
  // What breaks a rule is the caller's path, so it is that one which the refusal quotes.
  const badPath = validatePath(path, sequential) ?? checkPathLength(created);
  if (badPath !== undefined) return refuse(badPath);
  if (state.node(created) !== undefined) return refuse(nodeExists(created));
  if (parent.ephemeralOwner !== 0) {
    const message = `the parent ${parentPath} is ephemeral and can have no children`;
    return refuse({ reason: "NO_CHILDREN_FOR_EPHEMERALS", message, facts: { path: parentPath } });
  }
  const ephemeralOwner = ephemeral ? caller.sessionId! : 0;
  if (ephemeral && ownsTooMany(ephemeralOwner, state)) return refuse(tooManyEphemerals);
  const node = createdNode(stamp, { ephemeralOwner, lifetimeMs: lifetimeOf(mode, ttlMs) }, data.length);
  const change = {
    kind: "nodeCreated",
    path: created,
    data,
    node,
    parent: withChild(parent, stamp.zxid),
  } as const;
  return { ok: true, changes: [change], path: created };
}

function ownsTooMany(sessionId: number, state: StateReader): boolean {
  // Counting exactly is work for the length of the list, so the cheap bound goes first.
  if (state.ephemeralCountMax(sessionId) < ephemeralsPerSessionMax) return false;
  return state.ephemeralsOf(sessionId).length >= ephemeralsPerSessionMax;
}
