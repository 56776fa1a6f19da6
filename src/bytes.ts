/** Packing by hand: varints (as protocol buffers have them), doubles, texts and blobs. */

const integerSplit = 0x1_0000_0000;
const varintBytesMax = 8;

/** Appends to one growing buffer that belongs to nobody else, so that it can be transferred. */
export class ByteWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity: number) {
    // Not from Node's shared pool: transferring a pooled buffer would take its neighbours along.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(capacity, 64));
  }

  get length(): number {
    return this.#at;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a storable integer: ${value}`);
    this.#reserve(varintBytesMax);
    let rest = value;
    // Bit operations work on 32 bits only, so the part above them goes by arithmetic.
    while (rest >= integerSplit / 2) {
      this.#buffer[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.#buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  /** A whole number of either sign: the sign moves to the lowest bit. */
  signed(value: number): void {
    this.integer(value < 0 ? -value * 2 - 1 : value * 2);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    const length = value.length;
    this.#reserve(varintBytesMax + length * 3);
    if (length < 128 && this.#shortAscii(value)) return;
    // UTF-8 would silently turn a lone surrogate into another character: another path.
    if (!value.isWellFormed()) throw new RangeError("text holds a lone surrogate");
    this.integer(Buffer.byteLength(value));
    this.#at += this.#buffer.write(value, this.#at, "utf8");
  }

  blob(value: Uint8Array): void {
    this.integer(value.byteLength);
    this.append(value);
  }

  /** Bytes without their length. */
  append(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#at);
    this.#at += value.byteLength;
  }

  /** A blob that is given as hexadecimal digits. */
  hex(digits: string): void {
    const length = digits.length / 2;
    this.integer(length);
    this.#reserve(length);
    this.#at += this.#buffer.write(digits, this.#at, "hex");
  }

  /** Starts anew, in the same memory. */
  clear(): void {
    this.#at = 0;
  }

  /** What was written, where it lies: good until the writer is used again. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#at) as Uint8Array<ArrayBuffer>;
  }

  /** A copy of what was written. The writer may be used on. */
  copy(): Uint8Array<ArrayBuffer> {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  /** What was written, alone on its ArrayBuffer. The writer must not be used after it. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer.buffer as ArrayBuffer, 0, this.#at);
  }

  /** Most paths are short and plain: a loop is faster than a call into C++. */
  #shortAscii(value: string): boolean {
    const start = this.#at + 1;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 128) return false;
      this.#buffer[start + i] = code;
    }
    this.#buffer[this.#at] = value.length;
    this.#at = start + value.length;
    return true;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

/** Reads what a ByteWriter wrote. Blobs are views into it. A read past the end throws RangeError. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw new RangeError("packed bytes end too early");
    this.#at++;
    return value;
  }

  integer(): number {
    let value = this.byte();
    if (value < 128) return value;
    value &= 127;
    let scale = 128;
    for (;;) {
      const part = this.byte();
      value += (part & 127) * scale;
      if (part < 128) break;
      scale *= 128;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError("packed integer is too large");
    return value;
  }

  signed(): number {
    const value = this.integer();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    const value = this.#buffer.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const { start, end } = this.#span();
    return this.#buffer.toString("utf8", start, end);
  }

  blob(): Buffer {
    const { start, end } = this.#span();
    return this.#buffer.subarray(start, end);
  }

  #span(): { start: number; end: number } {
    const length = this.integer();
    const start = this.#at;
    const end = start + length;
    if (end > this.#buffer.length) throw new RangeError("packed bytes end too early");
    this.#at = end;
    return { start, end };
  }
}

/** The number of bytes that a varint takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
