import type { Clock } from "../clock.ts";
import { warningIntervalMs } from "../limits.ts";
import type { Log } from "./log.ts";

type Facts = Readonly<Record<string, unknown>>;

/** Warns of what strangers can cause at any rate: one line an interval, with the number of those left out. */
export class SeldomWarning {
  readonly #clock: Clock;
  readonly #log: Log;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** @param told what to write; a function where finding it out costs something. */
  warn(told: Facts | (() => Facts), text: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#notBeforeMs) {
      this.#leftOut++;
      return;
    }
    this.#notBeforeMs = nowMs + warningIntervalMs;
    const facts = typeof told === "function" ? told() : told;
    this.#log.warn(this.#leftOut === 0 ? facts : { ...facts, left_out: this.#leftOut }, text);
    this.#leftOut = 0;
  }
}
