import type { Clock } from "../clock.ts";

/**
 * The time by which sessions live: monotonic, and standing still while the process itself does (a blocked
 * event loop, SIGSTOP, a suspended machine), because heartbeats cannot arrive then. `turn` must be called at least
 * every `beatMs`, and judges sessions at most once each time; a gap of more than twice that between two turns is a
 * stall, all of it, so that what waits in the sockets is read before anybody is judged.
 *
 * A server that stalls again and again would never end a session. But the sockets are read between any two turns,
 * so from the end of one stall to the end of the next, at least as much time passes as a gap may have that is no
 * stall: a client that is silent all along is given at most its timeout's worth of such gaps.
 */
export class LivenessClock {
  readonly #clock: Clock;
  readonly #gapMaxMs: number;
  #turnMs: number;
  /** When the last stall was over. */
  #resumedMs = Number.NEGATIVE_INFINITY;
  #stalledMs = 0;

  constructor(clock: Clock, beatMs: number) {
    this.#clock = clock;
    this.#gapMaxMs = 2 * beatMs;
    this.#turnMs = clock.monotonicMs();
  }

  /** A turn of those who judge, who see the time that it answers. */
  turn(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const gapMs = monotonicMs - this.#turnMs;
    if (gapMs > this.#gapMaxMs) {
      const ranMs = this.#turnMs - this.#resumedMs;
      this.#stalledMs += gapMs - Math.max(0, this.#gapMaxMs - ranMs);
      this.#resumedMs = monotonicMs;
    }
    this.#turnMs = monotonicMs;
    return this.nowMs();
  }

  /** During a stall it stands where the last turn saw it. */
  nowMs(): number {
    const gapMs = this.#clock.monotonicMs() - this.#turnMs;
    return this.#turnMs + (gapMs > this.#gapMaxMs ? 0 : gapMs) - this.#stalledMs;
  }

  /** How much time has not counted in all, in milliseconds. */
  get stalledMs(): number {
    return this.#stalledMs;
  }
}
