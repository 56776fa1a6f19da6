import type { Caller } from "../operation.ts";
import type { StateReader } from "../state.ts";
import { checkEphemeralCount } from "./ephemeral-count.ts";
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
  { stamp }: Context,
): Prepared {
  const node = state.node(path)!;
  const sessionId = caller.sessionId!;
  const holderId = node.ephemeralOwner;
  if (holderId === sessionId) {
    return { ok: true, changes: [setNode(path, node, data, state, stamp)], path, existed: true };
  }
  const owner = state.session(sessionId)!.owner;
  const isOurs = holderId !== 0 && owner !== "" && state.session(holderId)?.owner === owner;
  if (!isOurs) return refuse(nodeExists(path));
  const tooMany = checkEphemeralCount(sessionId, state);
  if (tooMany !== undefined) return refuse(tooMany);
  const set = setNode(path, { ...node, ephemeralOwner: sessionId }, data, state, stamp);
  return { ok: true, changes: [{ ...set, takenFrom: holderId }], path, existed: true };
}
