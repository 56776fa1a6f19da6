import { nameOf, parentOf } from "./path.ts";
import { Siblings } from "./siblings.ts";

/** Names that are put in order when somebody asks. */
export class Names {
  readonly #unordered = new Set<string>();
  /** The others, by number. */
  readonly #names: string[] = [];
  readonly #freeNumbers: number[] = [];
  #ordered: Siblings | undefined;

  get size(): number {
    return this.#unordered.size + this.#names.length - this.#freeNumbers.length;
  }

  add(name: string): this {
    this.#unordered.add(name);
    return this;
  }

  remove(name: string): void {
    if (this.#unordered.delete(name)) return;
    const number = this.#ordered!.find(name);
    this.#ordered!.remove(number);
    this.#freeNumbers.push(number);
  }

  *after(name: string): Generator<string> {
    this.#ordered ??= new Siblings({ name: (number) => this.#names[number]! });
    for (const each of this.#unordered) {
      const number = this.#freeNumbers.pop() ?? this.#names.length;
      this.#names[number] = each;
      this.#ordered.insert(number);
    }
    this.#unordered.clear();
    for (const number of this.#ordered.after(name)) yield this.#names[number]!;
  }
}

/** Puts the path of a staged node among the names of its parent. */
export function addTo(children: Map<string, Names>, path: string): void {
  if (path === "/") return;
  const parent = parentOf(path);
  const names = children.get(parent) ?? new Names();
  children.set(parent, names.add(nameOf(path)));
}
