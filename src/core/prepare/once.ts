import { statOf } from "../node.ts";
import type { Done } from "../operation.ts";
import { packAnswer, type RequestMark, unpackAnswer } from "../request.ts";
import type { StateReader } from "../state.ts";
import { type Accepted, type Context, type Prepared, refuse } from "./prepared.ts";

/**
 * Lets a marked write happen once: a retry of one that was done is answered as that was, and changes nothing. What
 * was refused, or had nothing to change, is decided anew.
 */
export function prepareOnce(
  mark: RequestMark,
  state: StateReader,
  { stamp }: Context,
  decide: () => Prepared,
): Prepared {
  const before = state.request(mark.key);
  if (before !== undefined) {
    return before.fingerprint === mark.fingerprint
      ? { ok: true, changes: [], answered: unpackAnswer(before.answer) }
      : refuse(requestIdReused);
  }
  const prepared = decide();
  if (!prepared.ok || prepared.changes.length === 0) return prepared;
  const answer = packAnswer(doneOf(prepared, stamp.zxid));
  return {
    ...prepared,
    changes: [...prepared.changes, { kind: "requestAnswered", ...stamp, ...mark, answer }],
  };
}

/** Whether exactly this was asked for before, and done. */
export function isRetry({ key, fingerprint }: RequestMark, state: Pick<StateReader, "request">): boolean {
  return state.request(key)?.fingerprint === fingerprint;
}

function doneOf({ ok, changes, answered: _, ...answer }: Accepted, zxid: number): Done {
  const last = changes.findLast((change) => "node" in change && change.path === answer.path);
  return { ok, zxid, ...answer, ...(last && "node" in last && { stat: statOf(last.node) }) };
}

const requestIdReused = {
  reason: "REQUEST_ID_REUSED",
  message: "another request was made with this request id; give each request an id of its own",
  field: "corral-request-id",
} as const;
