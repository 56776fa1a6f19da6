import type { Caller } from "../operation.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { checkEphemeralCount } from "./ephemeral-count.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { nodeExists } from "./refusals.ts";
import { setNode } from "./set.ts";

/**
 * Moves an ephemeral node to the caller's session, and sets its data, if it is the caller's already or that of
 * another session of the same owner: a program that comes back is not kept out by its own former life.
 */
export function prepareTakeOver(
  { data }: Of<"create">,
  path: string,
  caller: Caller,
  state: StateReader,
  { stamp, identities }: Context,
): Prepared {
  const node = state.node(path)!;
  const refusal = denied("write", path, node, identities);
  if (refusal !== undefined) return refuse(refusal);
  const sessionId = caller.sessionId!;
  const holderId = node.ephemeralOwner;
  if (holderId === sessionId) {
    return { ok: true, changes: [setNode(path, node, data, state, stamp)], path, existed: true };
  }
  const owner = state.session(sessionId)!.owner;
  const isOurs = holderId !== 0 && owner !== "" && state.session(holderId)?.owner === owner;
  if (!isOurs) return refuse(nodeExists(path));
  // What an owner calls itself proves nothing: it takes what deleting the node and creating it anew would take.
  const parentPath = parentOf(path);
  const kept = denied("delete", parentPath, state.node(parentPath)!, identities);
  if (kept !== undefined) return refuse(kept);
  const tooMany = checkEphemeralCount(sessionId, state);
  if (tooMany !== undefined) return refuse(tooMany);
  const set = setNode(path, { ...node, ephemeralOwner: sessionId }, data, state, stamp);
  return { ok: true, changes: [{ ...set, takenFrom: holderId }], path, existed: true };
}
