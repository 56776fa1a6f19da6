/** The flag for compression and the length of the message, before each message. */
const headBytes = 5;

/** A buffer of this size at most is made for a message of which nothing has come yet. */
const firstBytesMax = 65_536;

export interface FramedMessage {
  /** A copy, which may be kept. */
  readonly bytes: Buffer;
  readonly isCompressed: boolean;
}

/** The message that is all of a part of the body; undefined for any other part. */
export function wholeMessage(part: Buffer, bytesMax: number): FramedMessage | undefined {
  if (part.length < headBytes || part.length > headBytes + bytesMax) return undefined;
  if (part.readUInt32BE(1) !== part.length - headBytes) return undefined;
  return { bytes: Buffer.from(part.subarray(headBytes)), isCompressed: part[0] !== 0 };
}

/** Cuts the body of a request into its messages (gRPC over HTTP/2, Length-Prefixed-Message). */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #head = Buffer.alloc(headBytes);
  #headFilled = 0;
  /** The message that is not complete. It grows with what arrives, whatever length is announced. */
  #message = nothing;
  #filled = 0;
  #isTooLarge = false;

  /** @param bytesMax the largest message */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A message is announced that is larger than may be. Nothing is read any more. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** How much has come of the message that is not complete, with its head. */
  get pendingBytes(): number {
    return this.#headFilled + this.#filled;
  }

  /** Memory for the message that is not complete. */
  get heldBytes(): number {
    return this.#message.length;
  }

  read(part: Buffer, take: (message: FramedMessage) => void): void {
    for (let at = 0; at < part.length && !this.#isTooLarge; ) {
      if (this.#headFilled === 0 && part.length - at >= headBytes) {
        const length = part.readUInt32BE(at + 1);
        const end = at + headBytes + length;
        // Nearly always: a whole message in one piece.
        if (end <= part.length && length <= this.#bytesMax) {
          take({ bytes: Buffer.from(part.subarray(at + headBytes, end)), isCompressed: part[at] !== 0 });
          at = end;
          continue;
        }
      }
      at = this.#readSome(part, at, take);
    }
  }

  #readSome(part: Buffer, start: number, take: (message: FramedMessage) => void): number {
    let at = start;
    if (this.#headFilled < headBytes) {
      const copied = part.copy(this.#head, this.#headFilled, at);
      this.#headFilled += copied;
      at += copied;
      if (this.#headFilled < headBytes) return at;
      this.#isTooLarge = this.#length > this.#bytesMax;
      if (this.#isTooLarge) return at;
    }
    const count = Math.min(part.length - at, this.#length - this.#filled);
    this.#makeRoom(count);
    part.copy(this.#message, this.#filled, at, at + count);
    this.#filled += count;
    if (this.#filled === this.#length) this.#complete(take);
    return at + count;
  }

  get #length(): number {
    return this.#head.readUInt32BE(1);
  }

  #makeRoom(count: number): void {
    const needed = this.#filled + count;
    if (needed <= this.#message.length) return;
    const larger = Math.min(this.#length, Math.max(2 * needed, firstBytesMax));
    const message = Buffer.allocUnsafeSlow(larger);
    this.#message.copy(message, 0, 0, this.#filled);
    this.#message = message;
  }

  #complete(take: (message: FramedMessage) => void): void {
    const message = { bytes: this.#message.subarray(0, this.#filled), isCompressed: this.#head[0] !== 0 };
    this.#headFilled = 0;
    this.#message = nothing;
    this.#filled = 0;
    take(message);
  }
}

const nothing: Buffer = Buffer.alloc(0);
