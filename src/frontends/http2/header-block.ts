import { ConnectionError, errorCode } from "./protocol.ts";

export interface HeaderBlockLimits {
  /** Bytes of a block as it is sent. */
  readonly blockBytesMax: number;
  /** Frames of a block: HEADERS and CONTINUATIONs. */
  readonly blockFramesMax: number;
}

/** A header block that comes in several frames. Until it is complete, no other frame may come (RFC 9113, 6.10). */
export class HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly sinceMs: number;
  readonly #limits: HeaderBlockLimits;
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  constructor(
    { streamId, endStream, sinceMs }: Pick<HeaderBlock, "streamId" | "endStream" | "sinceMs">,
    limits: HeaderBlockLimits,
  ) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.sinceMs = sinceMs;
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws ConnectionError ENHANCE_YOUR_CALM */
  add(part: Buffer): void {
    const { blockBytesMax, blockFramesMax } = this.#limits;
    this.#bytes += part.length;
    if (this.#bytes > blockBytesMax) throw tooMuch(`${blockBytesMax} bytes`);
    if (this.#parts.length >= blockFramesMax) throw tooMuch(`${blockFramesMax} frames`);
    // The frame is a view of what was read, which will be overwritten or kept too long.
    this.#parts.push(Buffer.from(part));
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts, this.#bytes);
  }
}

function tooMuch(limit: string): ConnectionError {
  return new ConnectionError(errorCode.enhanceYourCalm, `a header block has more than ${limit}`);
}
