import type { Transaction } from "../core/change.ts";
import type { Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { CommitObserver } from "./group-commit.ts";

/** Whom a limit holds; undefined for nobody: the server itself. One day perhaps an identity instead. */
export function principalOf({ address }: Pick<Caller, "address">): string | undefined {
  return address;
}

/** How much of something each principal has, where each may have so much. */
export class Shares {
  /** Infinity for no limit; then nothing is counted. */
  readonly limit: number;
  readonly #held = new Map<string, number>();

  /** @param limit 0 for none. */
  constructor(limit: number) {
    this.limit = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  }

  get isLimited(): boolean {
    return this.limit < Number.POSITIVE_INFINITY;
  }

  isFull(principal: string | undefined): boolean {
    return principal !== undefined && (this.#held.get(principal) ?? 0) >= this.limit;
  }

  add(principal: string | undefined, difference: number): void {
    if (!this.isLimited || principal === undefined) return;
    const held = (this.#held.get(principal) ?? 0) + difference;
    if (held === 0) this.#held.delete(principal);
    else this.#held.set(principal, held);
  }
}

/**
 * Counts the sessions of each principal. A session counts for who opened it; since that is not stored, after a
 * restart it counts for nobody until somebody attaches to it.
 */
export class SessionShares implements CommitObserver {
  readonly #shares: Shares;
  readonly #holders = new Map<number, string>();

  constructor(limit: number) {
    this.#shares = new Shares(limit);
  }

  /** Takes a place for a session to open: those under way count too. @throws Refused TOO_MANY_SESSIONS */
  reserve(caller: Caller): void {
    const principal = principalOf(caller);
    if (this.#shares.isFull(principal)) throw new Refused(tooManySessions(principal!, this.#shares.limit));
    this.#shares.add(principal, 1);
  }

  /** The session was not opened after all. */
  giveBack(caller: Caller): void {
    this.#shares.add(principalOf(caller), -1);
  }

  /** Somebody holds a session; one that was open already is never refused. */
  attached(sessionId: number, caller: Caller): void {
    if (this.#holders.has(sessionId)) return;
    this.#shares.add(principalOf(caller), 1);
    this.#hold(sessionId, caller);
  }

  applied({ changes }: Transaction, caller: Caller): void {
    const change = changes.at(-1)!;
    if (change.kind === "sessionOpened") this.#hold(change.sessionId, caller);
    if (change.kind !== "sessionClosed") return;
    this.#shares.add(this.#holders.get(change.sessionId), -1);
    this.#holders.delete(change.sessionId);
  }

  #hold(sessionId: number, caller: Caller): void {
    const principal = principalOf(caller);
    if (this.#shares.isLimited && principal !== undefined) this.#holders.set(sessionId, principal);
  }
}

function tooManySessions(address: string, limit: number): Refusal {
  const message = `the sessions opened from ${address} have reached their limit of ${limit}; close some`;
  return { reason: "TOO_MANY_SESSIONS", message, facts: { limit, address } };
}
