import { ByteWriter, varintBytes } from "../bytes.ts";

const varint = 0;
const lengthDelimited = 2;

/**
 * Protocol buffers by hand, for the messages of which there are a hundred thousand a second: numbers stay
 * numbers, where a generated message makes a BigInt of each, and memory is used again. Fields with their default
 * value are left out.
 */
export class ProtoWriter {
  readonly #bytes = new ByteWriter(4_096);

  get length(): number {
    return this.#bytes.length;
  }

  /** Starts another message. */
  clear(): this {
    this.#bytes.clear();
    return this;
  }

  /** An int32, int64 or enum field. */
  integer(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, varint);
    if (value > 0) this.#bytes.integer(value);
    else this.#negative(value);
  }

  bool(field: number, value: boolean): void {
    this.integer(field, Number(value));
  }

  text(field: number, value: string): void {
    if (value === "") return;
    this.#tag(field, lengthDelimited);
    this.#bytes.text(value);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.message(field, value);
  }

  /** A message that was encoded before: it is there, also when it is empty. */
  message(field: number, encoded: Uint8Array): void {
    this.#tag(field, lengthDelimited);
    this.#bytes.blob(encoded);
  }

  /** The head of a message whose bytes follow. */
  messageOf(field: number, length: number): void {
    this.#tag(field, lengthDelimited);
    this.#bytes.integer(length);
  }

  /** A repeated field of numbers that are not negative, packed. */
  integers(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    this.messageOf(field, packedBytes(values));
    for (const value of values) this.#bytes.integer(value);
  }

  /** What was encoded elsewhere, as it is. */
  append(encoded: Uint8Array): void {
    this.#bytes.append(encoded);
  }

  /** What was written, where it lies: good until the next message. */
  view(): Uint8Array {
    return this.#bytes.view();
  }

  /** The message, in memory of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.copy();
  }

  #tag(field: number, type: number): void {
    this.#bytes.integer(field * 8 + type);
  }

  /** Two's complement in 64 bits, as an int32 and an int64 both have it. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#bytes.byte(Number(rest & 127n) | 128);
    this.#bytes.byte(Number(rest));
  }
}

/** What `integers` writes, in bytes, of a field whose number is below 16. */
export function integersBytes(values: readonly number[]): number {
  const packed = packedBytes(values);
  return 1 + varintBytes(packed) + packed;
}

function packedBytes(values: readonly number[]): number {
  let bytes = 0;
  for (const value of values) bytes += varintBytes(value);
  return bytes;
}
