/** The few largest of any number of things. */
export class Largest<T extends { readonly bytes: number }> {
  readonly #countMax: number;
  readonly #items: T[] = [];

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** The largest first. */
  get items(): readonly T[] {
    return this.#items;
  }

  offer(item: T): void {
    const last = this.#items.at(-1);
    const isFull = this.#items.length === this.#countMax;
    if (isFull && last !== undefined && last.bytes >= item.bytes) return;
    if (isFull) this.#items.pop();
    let at = this.#items.length;
    while (at > 0 && this.#items[at - 1]!.bytes < item.bytes) at--;
    this.#items.splice(at, 0, item);
  }
}
