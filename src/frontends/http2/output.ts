import { errorCode, flag, frameHeadBytes, frameType } from "./protocol.ts";

/** Frames are written into pieces of this size, so that one write to the socket takes many. */
const pieceBytes = 16_384;

/** A rest of a piece that is shorter is not worth keeping. */
const spareBytesMin = 1_024;
const sparePiecesMax = 64;

/** Rests of pieces, for whichever connection writes next: one that is idle holds none. */
const spare: Buffer[] = [];

/** What waits to be written to a connection's socket. It only writes down frames: what may be sent is decided before. */
export class Output {
  readonly #pieces: Buffer[] = [];
  #piece: Buffer = nothing;
  #used = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** All that was written since the last time, in order. */
  take(): Buffer[] {
    if (this.#used > 0) this.#pieces.push(this.#piece.subarray(0, this.#used));
    const rest = this.#piece.subarray(this.#used);
    if (rest.length >= spareBytesMin && spare.length < sparePiecesMax) spare.push(rest);
    this.#piece = nothing;
    this.#used = 0;
    this.#bytes = 0;
    return this.#pieces.splice(0);
  }

  headers(streamId: number, block: Uint8Array, endStream: boolean): void {
    const flags = flag.endHeaders | (endStream ? flag.endStream : 0);
    this.#head(block.length, frameType.headers, flags, streamId);
    this.#write(block, 0, block.length);
  }

  /** A frame with a prefix and a part of what follows it. */
  data(streamId: number, prefix: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    this.#head(prefix.length + end - start, frameType.data, 0, streamId);
    this.#write(prefix, 0, prefix.length);
    this.#write(bytes, start, end);
  }

  reset(streamId: number, code: number): void {
    this.#head(4, frameType.rstStream, 0, streamId);
    this.#uint32(code);
  }

  settings(values: readonly (readonly [id: number, value: number])[]): void {
    this.#head(6 * values.length, frameType.settings, 0, 0);
    for (const [id, value] of values) {
      const at = this.#reserve(6);
      this.#piece.writeUInt16BE(id, at);
      this.#piece.writeUInt32BE(value, at + 2);
    }
  }

  settingsAck(): void {
    this.#head(0, frameType.settings, flag.ack, 0);
  }

  ping(payload: Uint8Array, ack: boolean): void {
    this.#head(payload.length, frameType.ping, ack ? flag.ack : 0, 0);
    this.#write(payload, 0, payload.length);
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.#head(4, frameType.windowUpdate, 0, streamId);
    this.#uint32(bytes);
  }

  goaway(lastStreamId: number, code: number, reason: string): void {
    const text = Buffer.from(code === errorCode.noError && reason === "" ? "" : reason.slice(0, 200));
    this.#head(8 + text.length, frameType.goaway, 0, 0);
    this.#uint32(lastStreamId);
    this.#uint32(code);
    this.#write(text, 0, text.length);
  }

  #head(length: number, type: number, flags: number, streamId: number): void {
    const at = this.#reserve(frameHeadBytes);
    this.#piece.writeUIntBE(length, at, 3);
    this.#piece[at + 3] = type;
    this.#piece[at + 4] = flags;
    this.#piece.writeUInt32BE(streamId, at + 5);
  }

  #uint32(value: number): void {
    this.#piece.writeUInt32BE(value, this.#reserve(4));
  }

  /** Room for a few bytes in one piece. */
  #reserve(bytes: number): number {
    if (this.#used + bytes > this.#piece.length) this.#next();
    const at = this.#used;
    this.#used += bytes;
    this.#bytes += bytes;
    return at;
  }

  /** A payload may lie in several pieces. */
  #write(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      if (this.#used === this.#piece.length) this.#next();
      const count = Math.min(end - at, this.#piece.length - this.#used);
      // Small views are dear to make; a loop over few bytes is not.
      if (count < 32) for (let i = 0; i < count; i++) this.#piece[this.#used + i] = bytes[at + i]!;
      else
        this.#piece.set(
          at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count),
          this.#used,
        );
      this.#used += count;
      at += count;
    }
    this.#bytes += end - start;
  }

  #next(): void {
    if (this.#used > 0) this.#pieces.push(this.#piece.subarray(0, this.#used));
    this.#piece = spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    this.#used = 0;
  }
}

const nothing = Buffer.alloc(0);
