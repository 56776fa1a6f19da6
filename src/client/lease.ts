/** How far a lease has run down. */
export type LeasePhase =
  /** Renewed a moment ago. */
  | "fresh"
  /** Two thirds of it are over: two heartbeats were due since, and neither was answered. */
  | "stale"
  /** It is over. The server may have ended the session. */
  | "over";

/**
 * For how long a session is certainly alive, counted by the client's own clock.
 *
 * The server counts from when a heartbeat arrives, the client from when it was sent, which is earlier. So the
 * client knows of the end before the server brings it about, without a word from it, as long as both clocks run at
 * the same speed.
 */
export class Lease {
  #fromMs: number;
  #lengthMs: number;

  /** @param fromMs when the heartbeat was sent that was answered with `lengthMs`. */
  constructor(fromMs: number, lengthMs: number) {
    this.#fromMs = fromMs;
    this.#lengthMs = lengthMs;
  }

  /** A later heartbeat was answered. Never shortens the lease. */
  renew(fromMs: number, lengthMs: number): void {
    if (fromMs + lengthMs < this.#endMs) return;
    this.#fromMs = fromMs;
    this.#lengthMs = lengthMs;
  }

  phase(nowMs: number): LeasePhase {
    if (nowMs >= this.#endMs) return "over";
    return nowMs >= this.#staleMs ? "stale" : "fresh";
  }

  /** When it next passes into another phase; undefined when it is over. */
  nextPhaseMs(nowMs: number): number | undefined {
    const phase = this.phase(nowMs);
    if (phase === "over") return undefined;
    return phase === "fresh" ? this.#staleMs : this.#endMs;
  }

  leftMs(nowMs: number): number {
    return Math.max(0, this.#endMs - nowMs);
  }

  get #staleMs(): number {
    return this.#fromMs + (this.#lengthMs * 2) / 3;
  }

  get #endMs(): number {
    return this.#fromMs + this.#lengthMs;
  }
}
