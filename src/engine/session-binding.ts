import { createHash } from "node:crypto";
import type { Identity } from "../core/identity.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import { type SessionRecord, sameSecret } from "../core/session.ts";

/**
 * Ties sessions to who opened them, so that a token alone is not enough. What ties a session is a part of its secret,
 * and so it is stored with it, whatever stores that: a hash of the identities, without the address, after the part
 * that is random. A session that was opened while this was off, or by a client that has proven nothing, is tied to
 * nobody.
 */
export class SessionBinding {
  readonly #enabled: boolean;
  /** Who was found to fit last: mostly each call of a session has the same identities, in the same array. */
  readonly #fitting = new WeakMap<SessionRecord, readonly Identity[]>();

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** The secret of a session that somebody opens, from the part that is random. */
  secretFor(random: string, identities: readonly Identity[] = []): string {
    const proven = this.#enabled ? provenOf(identities) : "";
    return proven === "" ? random : random + tieOf(random, proven);
  }

  /** @throws Refused SESSION_NOT_YOURS */
  mustFit(session: SessionRecord, identities: readonly Identity[] = []): void {
    if (!this.#enabled || this.#fitting.get(session) === identities) return;
    const { secret } = session;
    const tie = secret.slice(randomChars);
    if (tie !== "" && !sameSecret(tie, tieOf(secret.slice(0, randomChars), provenOf(identities)))) {
      throw new Refused({ ...notYours, facts: { session_id: session.id } });
    }
    this.#fitting.set(session, identities);
  }
}

/** How long the random part is, as `Random.secret` makes it. */
const randomChars = 22;

function tieOf(random: string, proven: string): string {
  return createHash("sha256").update(`${random}\n${proven}`).digest().subarray(0, 16).toString("base64url");
}

/** All that a client has proven to be, in one order; an address proves nothing that would last. */
function provenOf(identities: readonly Identity[]): string {
  const proven = identities.filter(({ scheme }) => scheme !== "ip").map(({ scheme, id }) => [scheme, id]);
  return proven.length === 0 ? "" : JSON.stringify(proven.sort());
}

const notYours: Refusal = {
  reason: "SESSION_NOT_YOURS",
  message: "the session was opened by another identity; act as that one, or open a session of your own",
};
