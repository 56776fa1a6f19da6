import type { Clock } from "../clock.ts";
import { authFailuresKept, newUserIntervalMs, newUsersFree, usersKept } from "../limits.ts";

/**
 * Slows down clients that try passwords. Nobody checks the password of a user when it comes: access control lists
 * decide what the user may do, and they answer in many ways, some of them silent. So what is limited is how many
 * users that the server has not seen before come from one network: many at once, then one from time to time.
 */
export class NewUsers {
  readonly #clock: Clock;
  /** The digests that were seen, the last one at the end: showing one again tries nothing new. */
  readonly #seen = new Set<string>();
  /** When each network will have all of its free attempts again, in monotonic milliseconds. */
  readonly #restedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a user in, or answers for how long, in milliseconds, its network takes in no new one. */
  take(digest: string, network: string): number {
    const isKnown = this.#seen.delete(digest);
    if (!isKnown) {
      const waitMs = this.#attempt(network);
      if (waitMs > 0) return waitMs;
    }
    this.#seen.add(digest);
    if (this.#seen.size > usersKept) this.#seen.delete(this.#seen.values().next().value!);
    return 0;
  }

  #attempt(network: string): number {
    const nowMs = this.#clock.monotonicMs();
    const restedMs = Math.max(nowMs, this.#restedMs.get(network) ?? 0) + newUserIntervalMs;
    const waitMs = Math.ceil(restedMs - nowMs - newUsersFree * newUserIntervalMs);
    if (waitMs > 0) return waitMs;
    this.#restedMs.delete(network);
    this.#restedMs.set(network, restedMs);
    if (this.#restedMs.size > authFailuresKept) {
      this.#restedMs.delete(this.#restedMs.keys().next().value!);
    }
    return 0;
  }
}
