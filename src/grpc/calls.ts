import { type Refusal, Refused } from "../core/refusal.ts";

/** Ends a stream from outside its handler. */
export type Cut = (refusal: Refusal) => void;

/** The calls that the server is working on: what a stop has to end, or to wait for. */
export class Calls {
  readonly #streams = new Set<Cut>();
  #running = 0;
  #closed: Refusal | undefined;
  #idle: (() => void) | undefined;

  /** Counts a call in; `leave` counts it out. @throws Refused once the calls are closed. */
  enter(): void {
    if (this.#closed !== undefined) throw new Refused(this.#closed);
    this.#running++;
  }

  leave(): void {
    this.#running--;
    if (this.#running === 0) this.#idle?.();
  }

  /** Lets a stream be cut by `close`. */
  watch(cut: Cut): void {
    this.#streams.add(cut);
  }

  unwatch(cut: Cut): void {
    this.#streams.delete(cut);
  }

  /** Refuses new calls, cuts the streams, and resolves when no call runs any more. */
  close(refusal: Refusal): Promise<void> {
    this.#closed = refusal;
    for (const cut of this.#streams) cut(refusal);
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}
