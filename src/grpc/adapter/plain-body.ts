/** The flag for compression and the length of the message, before the message. */
const headBytes = 5;

/**
 * The one message of a call, gathered from what arrives, nearly always in a single piece. It is copied about once,
 * whatever the pieces, and takes twice what has arrived at most, whatever length is announced.
 */
export class PlainBody {
  #bytes: Buffer = nothing;
  #length = 0;

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      this.#bytes = chunk;
    } else {
      if (length > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(2 * length);
        this.#bytes.copy(larger, 0, 0, this.#length);
        this.#bytes = larger;
      }
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** The length that the message is said to have; 0 until that is known. */
  get announcedBytes(): number {
    return this.#length < headBytes ? 0 : this.#bytes.readUInt32BE(1);
  }

  /** There is more than one message. */
  get isTooLong(): boolean {
    return this.#length >= headBytes && this.#length > headBytes + this.announcedBytes;
  }

  /**
   * Undefined when there is none, or a part of one. A copy: a single piece is a view of everything that was read
   * from the socket with it, all of which would stay in memory with a write that waits for the disk.
   */
  message(): Buffer | undefined {
    if (this.#length < headBytes || this.#length !== headBytes + this.announcedBytes) return undefined;
    return Buffer.from(this.#bytes.subarray(headBytes, this.#length));
  }
}

const nothing = Buffer.alloc(0);
