import { rememberedReadBytesMax } from "../../limits.ts";
import { statOf } from "../node.ts";
import type { Caller, Done, TransactResult } from "../operation.ts";
import { holderOf, packAnswer, packDone, type RequestMark, unpackAnswer } from "../request.ts";
import { bytesOf } from "../request-memory.ts";
import type { StateReader } from "../state.ts";
import { type Accepted, type Context, type Prepared, refuse } from "./prepared.ts";
import { resultBytes } from "./read.ts";

/**
 * Lets a marked write happen once: a retry of one that was done is answered as that was, and changes nothing. What
 * was refused, or had nothing to change, is decided anew.
 */
export function prepareOnce(
  mark: RequestMark,
  { address }: Pick<Caller, "address">,
  state: StateReader,
  { stamp, jumps }: Context,
  decide: () => Prepared,
): Prepared {
  const before = state.request(mark.key);
  if (before !== undefined) {
    if (before.fingerprint !== mark.fingerprint) return refuse(requestIdReused);
    const answered = unpackAnswer(before.answer);
    return answered.ok ? { ok: true, changes: [], answered } : answered;
  }
  const prepared = decide();
  if (!prepared.ok || prepared.changes.length === 0) return prepared;
  const done = doneOf(prepared, stamp.zxid);
  const answer = readBytesOf(done) > rememberedReadBytesMax ? packDone(done) : packAnswer(done);
  const { zxid, timeMs } = stamp;
  const { key, fingerprint } = mark;
  const bytes = bytesOf({ key, fingerprint, answer });
  const forgets = state.requestMemory.excess(bytes, { wallMs: timeMs, jumps });
  const holder = holderOf(address);
  const request = {
    kind: "requestAnswered",
    zxid,
    timeMs,
    key,
    fingerprint,
    answer,
    holder,
    forgets,
  } as const;
  return { ...prepared, changes: [...prepared.changes, request] };
}

/** About what the answer holds beside what the write did: a small request may read much, and again and again. */
function readBytesOf({ transacted }: Done): number {
  return transacted === undefined ? 0 : transacted.results.reduce((sum, each) => sum + readBytes(each), 0);
}

function readBytes(result: TransactResult): number {
  switch (result.op) {
    case "get":
      return resultBytes + result.data.length;
    case "exists":
      return resultBytes;
    case "list":
      return result.children.reduce((sum, { name }) => sum + resultBytes + name.length, resultBytes);
    case "create":
      return result.data?.length ?? 0;
    default:
      return 0;
  }
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
