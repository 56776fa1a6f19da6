import { ByteWriter } from "../bytes.ts";

const varint = 0;
const lengthDelimited = 2;

/**
 * Protocol buffers by hand, for the messages of which there are a hundred thousand a second: numbers stay
 * numbers, where a generated message makes a BigInt of each. Fields with their default value are left out.
 */
export class ProtoWriter {
  readonly #bytes: ByteWriter;

  /** @param capacity about how many bytes will be written. */
  constructor(capacity: number) {
    this.#bytes = new ByteWriter(capacity);
  }

  /** An int32, int64 or enum field. */
  integer(field: number, value: number): void {
    if (value === 0) return;
    this.#bytes.integer(field * 8 + varint);
    if (value > 0) this.#bytes.integer(value);
    else this.#negative(value);
  }

  bool(field: number, value: boolean): void {
    this.integer(field, Number(value));
  }

  text(field: number, value: string): void {
    if (value === "") return;
    this.#bytes.integer(field * 8 + lengthDelimited);
    this.#bytes.text(value);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.message(field, value);
  }

  /** A message field that was encoded before: it is there, also when it is empty. */
  message(field: number, value: Uint8Array): void {
    this.#bytes.integer(field * 8 + lengthDelimited);
    this.#bytes.blob(value);
  }

  /** A repeated field of integers, packed. */
  integers(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const packed = new ByteWriter(values.length * 8);
    for (const value of values) packed.integer(value);
    this.message(field, packed.finish());
  }

  /** What was encoded elsewhere, as it is. */
  raw(value: Uint8Array): void {
    this.#bytes.append(value);
  }

  /** What was written. The writer must not be used after it. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.finish();
  }

  /** Two's complement in 64 bits, as an int32 and an int64 both have it. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#bytes.byte(Number(rest & 127n) | 128);
    this.#bytes.byte(Number(rest));
  }
}
