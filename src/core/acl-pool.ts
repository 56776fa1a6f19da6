import { type Acl, openAcl } from "./acl.ts";

interface Pooled {
  readonly acl: Acl;
  readonly number: number;
  uses: number;
}

/**
 * The lists of all nodes, each once, by number: ZooKeeper's ReferenceCountedACLCache. Nodes share few lists, so a
 * node costs a number. 0 is the open list, which is not counted.
 */
export class AclPool {
  readonly #byText = new Map<string, Pooled>();
  readonly #byNumber: (Pooled | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** How many lists there are beside the open one. */
  get size(): number {
    return this.#byText.size;
  }

  get(number: number): Acl {
    return number === 0 ? openAcl : this.#byNumber[number]!.acl;
  }

  /** One more node has this list: its number. */
  use(acl: Acl): number {
    if (acl === openAcl) return 0;
    let pooled = this.#byText.get(acl.text);
    if (pooled === undefined) {
      pooled = { acl, number: this.#free.pop() ?? this.#byNumber.length, uses: 0 };
      this.#byText.set(acl.text, pooled);
      this.#byNumber[pooled.number] = pooled;
    }
    pooled.uses++;
    return pooled.number;
  }

  /** One node less. */
  release(number: number): void {
    if (number === 0) return;
    const pooled = this.#byNumber[number]!;
    pooled.uses--;
    if (pooled.uses > 0) return;
    this.#byText.delete(pooled.acl.text);
    this.#byNumber[number] = undefined;
    this.#free.push(number);
  }
}
