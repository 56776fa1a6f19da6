/** What an entry counts for beyond its name and value (RFC 7541, 4.1). */
const entryOverheadBytes = 32;

export function entryBytes(name: string, value: string): number {
  return name.length + value.length + entryOverheadBytes;
}

/** The entries that the peer has added, newest first, within a size that the peer chooses below our limit. */
export class DynamicTable {
  readonly #limitBytes: number;
  #maxBytes: number;
  #bytes = 0;
  /** A ring of names and values: `#newest` is where the newest entry lies, older ones follow. */
  #ring: string[] = [];
  #capacity = 0;
  #newest = 0;
  #count = 0;

  /** @param limitBytes the largest size that the peer may choose: our SETTINGS_HEADER_TABLE_SIZE. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#maxBytes = limitBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** @returns false for a size beyond our limit. */
  resize(maxBytes: number): boolean {
    if (maxBytes > this.#limitBytes) return false;
    this.#maxBytes = maxBytes;
    this.#evict(0);
    return true;
  }

  /** Adds an entry; one that is larger than the table empties it (4.4). */
  add(name: string, value: string): void {
    const bytes = entryBytes(name, value);
    this.#evict(bytes);
    if (bytes > this.#maxBytes) return;
    if (this.#count === this.#capacity) this.#grow();
    this.#newest = (this.#newest + this.#capacity - 1) % this.#capacity;
    this.#ring[2 * this.#newest] = name;
    this.#ring[2 * this.#newest + 1] = value;
    this.#count++;
    this.#bytes += bytes;
  }

  /** @param index from 0, the newest, to `count` - 1. */
  name(index: number): string {
    return this.#ring[2 * ((this.#newest + index) % this.#capacity)]!;
  }

  value(index: number): string {
    return this.#ring[2 * ((this.#newest + index) % this.#capacity) + 1]!;
  }

  /** Drops the oldest entries until there is room for so many bytes, or nothing is left. */
  #evict(neededBytes: number): void {
    while (this.#count > 0 && this.#bytes + neededBytes > this.#maxBytes) {
      const oldest = this.#count - 1;
      this.#bytes -= entryBytes(this.name(oldest), this.value(oldest));
      this.#count--;
    }
  }

  #grow(): void {
    const grown: string[] = [];
    for (let index = 0; index < this.#count; index++) grown.push(this.name(index), this.value(index));
    this.#capacity = Math.max(8, 2 * this.#capacity);
    while (grown.length < 2 * this.#capacity) grown.push("");
    this.#ring = grown;
    this.#newest = 0;
  }
}
