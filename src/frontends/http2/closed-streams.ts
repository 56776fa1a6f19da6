/** The streams that closed last on a connection: frames that were under way for them are no fault of the client. */
export class ClosedStreams {
  readonly #ids: Int32Array;
  /** Whether we have reset the stream: then the client could not know. */
  readonly #wasReset: Uint8Array;
  #next = 0;

  constructor(count: number) {
    this.#ids = new Int32Array(count);
    this.#wasReset = new Uint8Array(count);
  }

  add(id: number, wasReset: boolean): void {
    this.#ids[this.#next] = id;
    this.#wasReset[this.#next] = wasReset ? 1 : 0;
    this.#next = (this.#next + 1) % this.#ids.length;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  wasReset(id: number): boolean {
    const at = this.#ids.lastIndexOf(id);
    return at >= 0 && this.#wasReset[at] === 1;
  }
}
