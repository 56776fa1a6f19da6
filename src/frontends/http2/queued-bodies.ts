/** Smaller bodies are not worth an entry. */
const countedBytesMin = 16_384;

/** Large bodies that wait on streams, of many connections: one that is sent to many streams is in memory once. */
export class QueuedBodies {
  readonly #streams = new Map<Uint8Array, number>();
  /** What is left to send of them, of each stream. */
  #unsentBytes = 0;
  /** What they are in memory: all of a body until the last stream has sent it. */
  #bytes = 0;

  /** What counts more than once when each stream counts what it has left to send. */
  get repeatedBytes(): number {
    return Math.max(0, this.#unsentBytes - this.#bytes);
  }

  add(body: Uint8Array): void {
    if (body.length < countedBytesMin) return;
    const streams = this.#streams.get(body) ?? 0;
    this.#streams.set(body, streams + 1);
    this.#unsentBytes += body.length;
    if (streams === 0) this.#bytes += body.length;
  }

  /** A stream has so many bytes of it less to send. @param isDone those were the last */
  sent(body: Uint8Array, bytes: number, isDone: boolean): void {
    if (body.length < countedBytesMin) return;
    this.#unsentBytes -= bytes;
    if (!isDone) return;
    const streams = this.#streams.get(body)! - 1;
    if (streams > 0) {
      this.#streams.set(body, streams);
    } else {
      this.#streams.delete(body);
      this.#bytes -= body.length;
    }
  }
}
