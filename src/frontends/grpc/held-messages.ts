/** Memory for messages that are not complete: of one connection and, together, of all. */
export class HeldMessages {
  readonly #bytesMax: number;
  readonly #all: HeldMessages | undefined;
  #bytes = 0;
  #releasedBytes = 0;

  /** @param all those of all connections, which have a limit of their own. */
  constructor(bytesMax: number, all?: HeldMessages) {
    this.#bytesMax = bytesMax;
    this.#all = all;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that were counted out since the start. */
  get releasedBytes(): number {
    return this.#releasedBytes;
  }

  /** Counts bytes in, or out when there are less than before. @returns false beyond a limit. */
  add(bytes: number): boolean {
    this.#bytes += bytes;
    if (bytes < 0) this.#releasedBytes -= bytes;
    const isBelow = this.#all?.add(bytes) ?? true;
    return isBelow && this.#bytes <= this.#bytesMax;
  }
}
