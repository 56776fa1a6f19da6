import { DynamicTable, entryBytes } from "./dynamic-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

/** Bytes that are no header block. After it the tables of both sides differ, so the connection is over. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
}

/** The fields of a header block, in order. Strings are latin1: a byte is a character. */
export interface FieldList {
  /** A name, its value, the next name, ... */
  readonly fields: readonly string[];
  /** The list is larger than may be: `fields` has only its beginning. */
  readonly isTooLarge: boolean;
}

export interface DecoderOptions {
  /** Our SETTINGS_HEADER_TABLE_SIZE. */
  readonly tableBytes: number;
  /** The largest list that is kept, counted as RFC 9113, 10.5.1 does: 32 bytes more for each field. */
  readonly listBytes: number;
}

/** Blocks that are looked up by their bytes: those of a client's usual calls, for each of its methods. */
const knownBlocksMax = 64;
const knownBlockBytesMax = 1_024;

/** The largest integer of a block: no index, length or size of ours comes near it (RFC 7541, 5.1). */
const integerMax = 2 ** 28;

/**
 * Decodes the header blocks of one connection. Most blocks after the first calls change no table, and a client
 * repeats them; such a block is looked up by its bytes, until one does change the table.
 */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #listBytes: number;
  #known = new Map<string, FieldList>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #changedTable = false;

  constructor({ tableBytes, listBytes }: DecoderOptions) {
    this.#table = new DynamicTable(tableBytes);
    this.#listBytes = listBytes;
  }

  /** @throws CompressionError */
  decode(block: Buffer): FieldList {
    const key = block.length <= knownBlockBytesMax ? block.toString("latin1") : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    this.#bytes = block;
    this.#at = 0;
    this.#end = block.length;
    this.#changedTable = false;
    const list = this.#readList();
    if (this.#changedTable) {
      if (this.#known.size > 0) this.#known = new Map();
    } else if (key !== undefined) {
      if (this.#known.size >= knownBlocksMax) this.#known = new Map();
      this.#known.set(key, list);
    }
    return list;
  }

  #readList(): FieldList {
    const fields: string[] = [];
    let listBytes = 0;
    let mayResize = true;
    while (this.#at < this.#end) {
      const first = this.#bytes[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw new CompressionError("a size update follows a field");
        this.#resize();
        continue;
      }
      mayResize = false;
      const [name, value] = this.#readField(first);
      listBytes += entryBytes(name, value);
      if (listBytes <= this.#listBytes) fields.push(name, value);
    }
    return { fields, isTooLarge: listBytes > this.#listBytes };
  }

  /** RFC 7541, 6.1 and 6.2. */
  #readField(first: number): readonly [name: string, value: string] {
    if ((first & 0x80) !== 0) return this.#entry(this.#readInteger(7));
    const isIndexed = (first & 0xc0) === 0x40;
    const index = this.#readInteger(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#readString() : this.#entry(index)[0];
    const value = this.#readString();
    if (isIndexed) {
      this.#table.add(name, value);
      this.#changedTable = true;
    }
    return [name, value];
  }

  #resize(): void {
    this.#changedTable = true;
    if (!this.#table.resize(this.#readInteger(5))) {
      throw new CompressionError("a size update exceeds SETTINGS_HEADER_TABLE_SIZE");
    }
  }

  #entry(index: number): readonly [name: string, value: string] {
    if (index === 0) throw new CompressionError("index 0 names no field");
    if (index <= staticTable.length) return staticTable[index - 1]!;
    const dynamic = index - staticTable.length - 1;
    if (dynamic >= this.#table.count) throw new CompressionError(`index ${index} is beyond the table`);
    return [this.#table.name(dynamic), this.#table.value(dynamic)];
  }

  #readInteger(prefixBits: number): number {
    const full = (1 << prefixBits) - 1;
    let value = this.#readByte() & full;
    if (value < full) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#readByte();
      value += (byte & 127) * scale;
      if (value > integerMax || scale > integerMax) throw new CompressionError("an integer is too large");
      if (byte < 128) return value;
    }
  }

  #readString(): string {
    const isHuffman = this.#at < this.#end && (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#readInteger(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw new CompressionError("a string goes on beyond its block");
    this.#at = end;
    if (!isHuffman) return this.#bytes.toString("latin1", start, end);
    const target = Buffer.allocUnsafe(Math.ceil((length * 8) / 5));
    const decoded = decodeHuffman(this.#bytes, start, end, target);
    if (decoded < 0) throw new CompressionError("a string is not in the Huffman code");
    return target.toString("latin1", 0, decoded);
  }

  #readByte(): number {
    if (this.#at >= this.#end) throw new CompressionError("the block ends inside a field");
    return this.#bytes[this.#at++]!;
  }
}
