import { frameBytesDefault, frameHeadBytes, frameSizeError } from "./protocol.ts";

/** Takes a frame. The payload is a view of what was read, good until the call returns. */
export type TakeFrame = (type: number, flags: number, streamId: number, payload: Buffer) => void;

/**
 * Cuts what a connection reads into frames. A frame that comes in one piece is not copied; what is left of one is
 * kept in a buffer of its own size, so that a client which sends byte by byte costs a byte each time.
 */
export class FrameReader {
  readonly #take: TakeFrame;
  /** The beginning of a frame: its head first, then all of it. */
  #partial: Buffer = Buffer.alloc(0);
  #filled = 0;

  constructor(take: TakeFrame) {
    this.#take = take;
  }

  /** Bytes that are held for a frame which is not complete. */
  get heldBytes(): number {
    return this.#partial.length;
  }

  /** @throws ConnectionError FRAME_SIZE_ERROR, and what `take` throws */
  read(chunk: Buffer): void {
    let at = this.#complete(chunk);
    while (chunk.length - at >= frameHeadBytes) {
      const end = at + frameHeadBytes + lengthOf(chunk, at);
      if (end > chunk.length) break;
      this.#frame(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at);
  }

  /** Adds to the frame that was cut off; @returns where the next one begins. */
  #complete(chunk: Buffer): number {
    let at = 0;
    while (this.#partial.length > 0) {
      const copied = chunk.copy(this.#partial, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled < this.#partial.length) return at;
      const frame = this.#partial;
      const bytes = frameHeadBytes + lengthOf(frame, 0);
      if (frame.length < bytes) {
        this.#partial = Buffer.allocUnsafeSlow(bytes);
        frame.copy(this.#partial);
      } else {
        this.#partial = nothing;
        this.#filled = 0;
        this.#frame(frame, 0, frame.length);
      }
    }
    return at;
  }

  #keep(chunk: Buffer, at: number): void {
    const have = chunk.length - at;
    const bytes = have < frameHeadBytes ? frameHeadBytes : frameHeadBytes + lengthOf(chunk, at);
    this.#partial = Buffer.allocUnsafeSlow(bytes);
    this.#filled = chunk.copy(this.#partial, 0, at);
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    this.#take(bytes[at + 3]!, bytes[at + 4]!, streamId, bytes.subarray(at + frameHeadBytes, end));
  }
}

const nothing = Buffer.alloc(0);

/** @throws ConnectionError FRAME_SIZE_ERROR, before a byte of the frame is waited for. */
function lengthOf(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > frameBytesDefault)
    throw frameSizeError(`a frame has ${length} bytes, more than ${frameBytesDefault}`);
  return length;
}
