import { headroomIntervalMs } from "../limits.ts";
import type { Bound } from "./bounds.ts";

/** From here on a limit is near. */
const nearAt = 0.8;

/** Below this, it was near: so that one that hovers there is spoken of once. */
const clearedAt = 0.7;

/**
 * Warns before a limit of the whole server is reached, and not only those whom it refuses then. What is used is
 * looked at now and then, so that nothing is counted for it.
 */
export class Headroom {
  readonly #bounds: readonly Bound[];
  readonly #near = new Set<Bound>();
  readonly #warn: (facts: Readonly<Record<string, unknown>>, text: string) => void;
  readonly #stopTimer: () => void;

  constructor(options: {
    readonly bounds: readonly Bound[];
    readonly clock: { setInterval(fn: () => void, ms: number): () => void };
    readonly log: { warn(facts: Readonly<Record<string, unknown>>, text: string): void };
  }) {
    const { bounds, clock, log } = options;
    this.#bounds = bounds;
    this.#warn = (facts, text) => log.warn(facts, text);
    this.#stopTimer = clock.setInterval(() => this.#look(), headroomIntervalMs);
  }

  stop(): void {
    this.#stopTimer();
  }

  #look(): void {
    for (const bound of this.#bounds) {
      const used = bound.used();
      const ratio = used / bound.max;
      if (ratio < clearedAt) this.#near.delete(bound);
      if (ratio < nearAt || this.#near.has(bound)) continue;
      this.#near.add(bound);
      this.#warn(
        { limit: bound.limit, used, max: bound.max },
        "a limit is near: what is beyond it will be refused",
      );
    }
  }
}
