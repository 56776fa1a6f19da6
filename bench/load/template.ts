/** Ten characters that stand in a path for a number of ten digits. */
export const numberMark = "##########";

/** A request as bytes, made once: what differs from call to call is patched in as it is copied out. */
export interface Template {
  readonly bytes: Buffer;
  /** Where the four bytes of the call's id go: the xid, or the id of the HTTP/2 stream. */
  readonly idAt: readonly number[];
  /** Where ten digits of the call's number go. */
  readonly numberAt: readonly number[];
  /** Numbers start again here: for reads and sets of nodes that exist. */
  readonly modulo: number;
  /** Bytes that count against HTTP/2's windows; 0 where there are none. */
  readonly windowBytes: number;
}

export function template(
  bytes: Buffer,
  rest: { idAt?: readonly number[]; modulo?: number; windowBytes?: number } = {},
): Template {
  const numberAt: number[] = [];
  for (let at = bytes.indexOf(numberMark); at >= 0; at = bytes.indexOf(numberMark, at + 1)) numberAt.push(at);
  return { bytes, idAt: [], modulo: Number.POSITIVE_INFINITY, windowBytes: 0, ...rest, numberAt };
}

/** Requests on their way out, gathered so that many leave in one write. */
export class Outbox {
  #buffer: Buffer = Buffer.allocUnsafe(65_536);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const start = this.#room(bytes.length);
    this.#buffer.set(bytes, start);
  }

  addTemplate({ bytes, idAt, numberAt, modulo }: Template, id: number, number: number): void {
    const start = this.#room(bytes.length);
    this.#buffer.set(bytes, start);
    for (const at of idAt) this.#buffer.writeUInt32BE(id, start + at);
    for (const at of numberAt) writeDigits(this.#buffer, start + at, number % modulo);
  }

  /** What was gathered; the caller owns it. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  #room(bytes: number): number {
    const start = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * this.#length);
      larger.set(this.#buffer.subarray(0, start));
      this.#buffer = larger;
    }
    return start;
  }
}

function writeDigits(buffer: Buffer, at: number, number: number): void {
  let rest = number;
  for (let digit = at + numberMark.length - 1; digit >= at; digit--) {
    buffer[digit] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
