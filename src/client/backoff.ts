import { rollDice } from "./clock.ts";
import { backoffMsMax, backoffMsMin } from "./limits.ts";

/** How long to wait before something is tried again: twice as long each time, and never the same for two clients. */
export class Backoff {
  readonly #msMax: number;
  #ms = backoffMsMin;

  constructor(msMax = backoffMsMax) {
    this.#msMax = msMax;
  }

  /** The next wait in milliseconds, between a half and the whole of what it has grown to. */
  nextMs(): number {
    const ms = this.#ms;
    this.#ms = Math.min(2 * ms, this.#msMax);
    return ms * (0.5 + 0.5 * rollDice());
  }

  /** It went well: the next wait is a short one again. */
  reset(): void {
    this.#ms = backoffMsMin;
  }
}
