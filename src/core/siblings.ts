/** Knows the name of every row. */
export interface Named {
  name(row: number): string;
}

/**
 * The children of one node: row numbers in the order of their names, in chunks small enough that an insertion
 * moves little. It serves look-ups, pages in order and a million children alike, without ever sorting or
 * rehashing. Names are compared by UTF-16 units, which is the order of their UTF-8 bytes, because paths have
 * no surrogates.
 */
export class Siblings {
  readonly #chunks: number[][] = [[]];
  readonly #rows: Named;

  constructor(rows: Named) {
    this.#rows = rows;
  }

  /** The row with this name, or -1. */
  find(name: string): number {
    const chunk = this.#chunks[this.#chunkFor(name)]!;
    const row = chunk[this.#lowerBound(chunk, name)];
    return row !== undefined && this.#rows.name(row) === name ? row : -1;
  }

  /** Adds a row, whose name must not be among them yet. */
  insert(row: number): void {
    const name = this.#rows.name(row);
    const at = this.#chunkFor(name);
    const chunk = this.#chunks[at]!;
    const index = this.#lowerBound(chunk, name);
    if (chunk.length < chunkRowsMax) {
      chunk.splice(index, 0, row);
    } else if (index === chunk.length && at === this.#chunks.length - 1) {
      // Names that only grow, as sequence numbers do, leave full chunks behind.
      this.#chunks.push([row]);
    } else {
      const upper = chunk.splice(chunkRowsMax / 2);
      this.#chunks.splice(at + 1, 0, upper);
      if (index <= chunk.length) chunk.splice(index, 0, row);
      else upper.splice(index - chunk.length, 0, row);
    }
  }

  /** Takes a row out; it must be there. */
  remove(row: number): void {
    const name = this.#rows.name(row);
    const at = this.#chunkFor(name);
    const chunk = this.#chunks[at]!;
    chunk.splice(this.#lowerBound(chunk, name), 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** The rows whose names come after this one, in order; "" means from the start. */
  *after(name: string): Generator<number> {
    let at = this.#chunkFor(name);
    let index = name === "" ? 0 : this.#lowerBound(this.#chunks[at]!, name);
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!;
      for (; index < chunk.length; index++) {
        if (name === "" || this.#rows.name(chunk[index]!) !== name) yield chunk[index]!;
      }
    }
  }

  /** The last chunk whose first name is not greater. */
  #chunkFor(name: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#rows.name(this.#chunks[middle]![0]!) <= name) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first index whose name is not smaller. */
  #lowerBound(chunk: readonly number[], name: string): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows.name(chunk[middle]!) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const chunkRowsMax = 512;
