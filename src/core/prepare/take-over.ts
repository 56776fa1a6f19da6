import type { Caller } from "../operation.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { checkEphemerals } from "./ephemeral-limits.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { nodeExists } from "./refusals.ts";
import { checkQuotasOfSet, setNode } from "./set.ts";

/**
 * Moves an ephemeral node to the caller's session, and sets its data, if it is the caller's already or that of
 * another session of the same owner: a program that comes back is not kept out by its own former life.
 */
export function prepareTakeOver(
  { data }: Of<"create">,
  path: string,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const node = state.node(path)!;
  const refusal = denied("write", path, node, context.identities);
  if (refusal !== undefined) return refuse(refusal);
  const sessionId = caller.sessionId!;
  const holderId = node.ephemeralOwner;
  if (holderId !== sessionId) {
    // What an owner calls itself proves nothing: it takes what deleting the node and creating it anew would take.
    // That comes first, or else the answer would tell anybody with WRITE whether a guessed owner is the holder's.
    const parentPath = parentOf(path);
    const kept = denied("delete", parentPath, state.node(parentPath)!, context.identities);
    if (kept !== undefined) return refuse(kept);
    const owner = state.session(sessionId)!.owner;
    const isOurs = holderId !== 0 && owner !== "" && state.session(holderId)?.owner === owner;
    if (!isOurs) return refuse(nodeExists(path));
    const tooMany = checkEphemerals(sessionId, path, state);
    if (tooMany !== undefined) return refuse(tooMany);
  }
  const exceeded = checkQuotasOfSet(path, node, data, state, context);
  if (exceeded !== undefined) return refuse(exceeded);
  const set = setNode(path, { ...node, ephemeralOwner: sessionId }, data, state, context.stamp);
  const change = holderId === sessionId ? set : { ...set, takenFrom: holderId };
  return { ok: true, changes: [change], path, existed: true };
}
