import type { Clock } from "../clock.ts";
import { authBackoffMaxMs, authBackoffMs, authFailuresFree, authFailuresKept } from "../limits.ts";

interface Failures {
  count: number;
  lastMs: number;
  untilMs: number;
}

/**
 * Slows down who guesses. A network may be wrong a few times; after that each failure makes it wait, twice as long
 * as the last one did. It is forgotten once it has been good for long enough. A success changes nothing, or else
 * somebody with an account of his own could guess others' in between.
 */
export class Backoff {
  readonly #clock: Clock;
  /** By network, the last to fail at the end. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the network has to wait, in milliseconds; 0 for not at all. */
  waitMs(network: string): number {
    const failures = this.#failures.get(network);
    return failures === undefined ? 0 : Math.max(0, Math.ceil(failures.untilMs - this.#clock.monotonicMs()));
  }

  failed(network: string): void {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#failures.get(network);
    const count = before === undefined || nowMs - before.lastMs > forgetAfterMs ? 1 : before.count + 1;
    this.#failures.delete(network);
    this.#failures.set(network, { count, lastMs: nowMs, untilMs: nowMs + waitAfter(count) });
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
