import type { Transaction } from "../core/change.ts";
import { type Identity, nameOf } from "../core/identity.ts";
import { networkOf } from "../core/network.ts";
import type { Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { CommitObserver } from "./group-commit.ts";

/** How much of something each address, and each identity, may hold; 0 for any amount. */
export interface ShareLimits {
  readonly perAddress: number;
  readonly perIdentity: number;
}

/** Whom a limit holds. */
export interface Principal {
  readonly kind: "address" | "identity";
  /** For people: without what is secret of it. */
  readonly name: string;
  /** What tells it from all others. */
  readonly key: string;
  readonly limit: number;
}

/** Who holds something. */
interface Holder {
  readonly address?: string | undefined;
  readonly identities?: readonly Identity[] | undefined;
}

const nobody: readonly Principal[] = [];

/** How much of something each principal holds. */
export class Shares {
  readonly #limits: ShareLimits;
  readonly #held = new Map<string, number>();

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  /**
   * Whom limits hold when this one calls: its address, and every identity that it has proven, an address apart.
   * None of the identities of the super user, who may do anything; nobody for the server itself.
   */
  principalsOf({ address, identities = [] }: Holder): readonly Principal[] {
    const { perAddress, perIdentity } = this.#limits;
    if (perAddress === 0 && perIdentity === 0) return nobody;
    const found: Principal[] = [];
    if (perAddress > 0 && address !== undefined) {
      const network = networkOf(address);
      found.push({ kind: "address", name: network, key: network, limit: perAddress });
    }
    if (perIdentity === 0 || identities.some(({ scheme }) => scheme === "super")) return found;
    for (const identity of identities) {
      const { scheme, id } = identity;
      if (scheme === "ip") continue;
      const name = `${scheme}:${nameOf(identity)}`;
      found.push({ kind: "identity", name, key: `${scheme} ${id}`, limit: perIdentity });
    }
    return found;
  }

  /** The first of these that holds as much as it may. */
  full(principals: readonly Principal[]): Principal | undefined {
    return principals.find(({ key, limit }) => (this.#held.get(key) ?? 0) >= limit);
  }

  add(principals: readonly Principal[], difference: number): void {
    for (const { key } of principals) {
      const held = (this.#held.get(key) ?? 0) + difference;
      if (held === 0) this.#held.delete(key);
      else this.#held.set(key, held);
    }
  }
}

/**
 * Counts the sessions of each principal. A session counts for who opened it; since that is not stored, after a
 * restart it counts for nobody until somebody attaches to it.
 */
export class SessionShares implements CommitObserver {
  readonly #shares: Shares;
  readonly #holders = new Map<number, readonly Principal[]>();

  constructor(limits: ShareLimits) {
    this.#shares = new Shares(limits);
  }

  /** Takes a place for a session to open: those under way count too. @throws Refused TOO_MANY_SESSIONS */
  reserve(caller: Caller): void {
    const principals = this.#shares.principalsOf(caller);
    const full = this.#shares.full(principals);
    if (full !== undefined) throw new Refused(tooManySessions(full));
    this.#shares.add(principals, 1);
  }

  /** The session was not opened after all. */
  giveBack(caller: Caller): void {
    this.#shares.add(this.#shares.principalsOf(caller), -1);
  }

  /** Somebody holds a session; one that was open already is never refused. */
  attached(sessionId: number, caller: Caller): void {
    if (this.#holders.has(sessionId)) return;
    this.#hold(sessionId, caller);
    this.#shares.add(this.#holders.get(sessionId) ?? nobody, 1);
  }

  applied({ changes }: Transaction, caller: Caller): void {
    const change = changes.at(-1)!;
    if (change.kind === "sessionOpened") this.#hold(change.sessionId, caller);
    if (change.kind !== "sessionClosed") return;
    this.#shares.add(this.#holders.get(change.sessionId) ?? nobody, -1);
    this.#holders.delete(change.sessionId);
  }

  #hold(sessionId: number, caller: Caller): void {
    const principals = this.#shares.principalsOf(caller);
    if (principals.length > 0) this.#holders.set(sessionId, principals);
  }
}

function tooManySessions({ kind, name, limit }: Principal): Refusal {
  const message = `the sessions of ${name} have reached their limit of ${limit}; close some`;
  return { reason: "TOO_MANY_SESSIONS", message, facts: { limit, [kind]: name } };
}
