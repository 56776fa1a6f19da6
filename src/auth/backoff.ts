import type { Clock } from "../clock.ts";
import { authBackoffMaxMs, authBackoffMs, authFailuresFree, authFailuresKept } from "../limits.ts";

interface Failures {
  count: number;
  lastMs: number;
  untilMs: number;
}

/**
 * Slows down who guesses. An address may be wrong a few times; after that each failure makes it wait, twice as long
 * as the last one did. It is forgotten once it has been good for long enough. A success changes nothing, or else
 * somebody with an account of his own could guess others' in between.
 */
export class Backoff {
  readonly #clock: Clock;
  /** By address, the last to fail at the end. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the address has to wait, in milliseconds; 0 for not at all. */
  waitMs(address: string): number {
    const failures = this.#failures.get(address);
    return failures === undefined ? 0 : Math.max(0, Math.ceil(failures.untilMs - this.#clock.monotonicMs()));
  }

  failed(address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#failures.get(address);
    const count = before === undefined || nowMs - before.lastMs > forgetAfterMs ? 1 : before.count + 1;
    this.#failures.delete(address);
    this.#failures.set(address, { count, lastMs: nowMs, untilMs: nowMs + waitAfter(count) });
    if (this.#failures.size <= authFailuresKept) return;
    const [oldest] = this.#failures.keys();
    this.#failures.delete(oldest!);
  }
}

/** Longer than any wait, so that waiting it out does not start the count anew. */
const forgetAfterMs = 10 * authBackoffMaxMs;

function waitAfter(count: number): number {
  if (count <= authFailuresFree) return 0;
  return Math.min(authBackoffMaxMs, authBackoffMs * 2 ** (count - authFailuresFree - 1));
}
