import { parseIpRange } from "./ip-range.ts";
import type { Done, Outcome } from "./operation.ts";
import type { Refusal } from "./refusal.ts";

/** How a caller marks a write, so that a retry of it is recognised. */
export interface RequestMark {
  /** Whose it is, and which of theirs. */
  readonly key: string;
  /** Tells what is asked for from anything else. */
  readonly fingerprint: string;
}

/** A write that was done, and what its caller was told or would have been. */
export interface RememberedRequest extends RequestMark {
  readonly zxid: number;
  readonly timeMs: number;
  /** See packAnswer. */
  readonly answer: string;
  /** For whom it counts: the address of the caller, without the half that it chooses itself. */
  readonly holder: string;
}

/** For whom a request of this address counts: "" for the server itself, the first half of an address of IPv6. */
export function holderOf(address = ""): string {
  if (!address.includes(":")) return address;
  const groups = parseIpRange(address)?.groups;
  if (groups === undefined) return address;
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return (isMapped ? groups.slice(6) : groups.slice(0, 4)).map((group) => group.toString(16)).join(":");
}

/** What a caller is told, as a text: JSON, with bytes in base64. */
export function packAnswer(done: Done): string {
  return JSON.stringify(done, function (this: Record<string, unknown>, key, value: unknown) {
    // Not `value`: a Buffer has made itself an array of numbers by then.
    const bytes = this[key];
    return bytes instanceof Uint8Array ? { base64: Buffer.from(bytes).toString("base64") } : value;
  });
}

/** What is remembered of an answer that is too large. */
export function packDone({ zxid }: Pick<Done, "zxid">): string {
  return JSON.stringify({ notKept: true, zxid });
}

/** What the caller of a retry is told: the inverse of packAnswer. */
export function unpackAnswer(answer: string): Outcome {
  const told = JSON.parse(answer, (_key, value: unknown) =>
    isPackedBytes(value) ? Buffer.from(value.base64, "base64") : value,
  ) as Done | { readonly notKept: true; readonly zxid: number };
  return "notKept" in told ? { ok: false, refusal: answerNotKept(told.zxid) } : told;
}

function answerNotKept(zxid: number): Refusal {
  const message = `the transaction was done under zxid ${zxid}, but what it read is too large to be kept; read again`;
  return { reason: "ANSWER_NOT_KEPT", message, facts: { zxid } };
}

function isPackedBytes(value: unknown): value is { readonly base64: string } {
  return typeof value === "object" && value !== null && "base64" in value;
}
