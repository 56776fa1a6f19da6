import { turnAnswerBytesMax } from "../../limits.ts";

/**
 * How much is answered in one turn of the event loop, on all connections together. Calls beyond it wait for a later
 * turn, in their order: a client that asks for much at once delays itself, and not everybody.
 */
export class Turns {
  #answeredBytes = 0;
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Whether a call may be served in this turn. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && this.#answeredBytes < turnAnswerBytesMax;
  }

  /** Serves a call as soon as there is room. */
  defer(serve: () => void): void {
    this.#waiting.push(serve);
    this.#schedule();
  }

  /** Counts an answer. The count begins anew in the turn after it has become too much, and not before. */
  answered(bytes: number): void {
    this.#answeredBytes += bytes;
    if (this.#answeredBytes >= turnAnswerBytesMax) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isScheduled = false;
    this.#answeredBytes = 0;
    let served = 0;
    while (served < this.#waiting.length && this.#answeredBytes < turnAnswerBytesMax)
      this.#waiting[served++]!();
    this.#waiting = this.#waiting.slice(served);
    if (this.#waiting.length > 0) this.#schedule();
  }
}
