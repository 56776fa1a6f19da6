/** The flag for compression and the length of the message, before the message. */
const headBytes = 5;

/**
 * The one message of a call, gathered from what arrives. Nearly always that is a single piece, which is not copied;
 * many small ones cost a multiple of the message at most, whatever length is announced.
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

  /** Undefined when there is none, or a part of one. */
  message(): Buffer | undefined {
    if (this.#length < headBytes || this.#length !== headBytes + this.announcedBytes) return undefined;
    return this.#bytes.subarray(headBytes, this.#length);
  }
}

const nothing = Buffer.alloc(0);
