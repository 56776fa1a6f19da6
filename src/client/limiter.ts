import { Queue } from "./queue.ts";

/** Lets so many in at the same time; the others wait in the order in which they came. */
export class Limiter {
  readonly #waiting = new Queue<{ readonly signal: AbortSignal; enter(): void }>();
  #room: number;

  constructor(max: number) {
    this.#room = max;
  }

  /** Resolves when it is one's turn; undefined when it is at once. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#room > 0) {
      this.#room--;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = () => reject(signal.reason);
      const enter = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push({ signal, enter });
    });
  }

  leave(): void {
    let next = this.#waiting.shift();
    while (next?.signal.aborted) next = this.#waiting.shift();
    if (next === undefined) this.#room++;
    else next.enter();
  }
}
