/** What a client may still send, on a stream or on the connection, and what it has to be given back (RFC 9113, 5.2). */
export class ReceiveWindow {
  readonly #bytesMax: number;
  #left: number;
  #consumed = 0;

  constructor(bytes: number) {
    this.#bytesMax = bytes;
    this.#left = bytes;
  }

  /** @returns false when the client has sent more than it might. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** So many bytes need no memory any more. @returns by how much to widen the client's window; 0 for not yet. */
  consume(bytes: number): number {
    this.#consumed += bytes;
    if (2 * this.#consumed < this.#bytesMax) return 0;
    const increment = this.#consumed;
    this.#left += increment;
    this.#consumed = 0;
    return increment;
  }
}
