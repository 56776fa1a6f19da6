/** How much of something a peer may do: a burst, and then a rate. */
export interface BudgetLimit {
  readonly burst: number;
  readonly perSecond: number;
}

/** What is left of it: a bucket that is filled at the rate and holds no more than the burst. */
export class Budget {
  readonly #limit: BudgetLimit;
  #left: number;
  #filledMs: number;

  constructor(limit: BudgetLimit, nowMs: number) {
    this.#limit = limit;
    this.#left = limit.burst;
    this.#filledMs = nowMs;
  }

  /** Takes one. @returns false when nothing is left. */
  spend(nowMs: number): boolean {
    if (this.#left < 1) this.#fill(nowMs);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #fill(nowMs: number): void {
    const { burst, perSecond } = this.#limit;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#filledMs) / 1_000) * perSecond);
    this.#filledMs = nowMs;
  }
}
