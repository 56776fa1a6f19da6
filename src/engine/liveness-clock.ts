import type { Clock } from "../clock.ts";

/**
 * The time by which sessions live: monotonic, and standing still while the process itself does (a blocked
 * event loop, SIGSTOP, a suspended machine), because heartbeats cannot arrive then. Somebody must look at it
 * at least every `beatMs`; a gap of more than twice that counts as a stall, all of it, so that what waits in
 * the sockets is read before anybody is judged.
 */
export class LivenessClock {
  readonly #clock: Clock;
  readonly #gapMaxMs: number;
  #lastMs: number;
  #stalledMs = 0;

  constructor(clock: Clock, beatMs: number) {
    this.#clock = clock;
    this.#gapMaxMs = 2 * beatMs;
    this.#lastMs = clock.monotonicMs();
  }

  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const gapMs = monotonicMs - this.#lastMs;
    if (gapMs > this.#gapMaxMs) this.#stalledMs += gapMs;
    this.#lastMs = monotonicMs;
    return monotonicMs - this.#stalledMs;
  }

  /** How long the process has stood still in all, in milliseconds. */
  get stalledMs(): number {
    return this.#stalledMs;
  }
}
