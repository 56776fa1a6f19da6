import type { Watch } from "./watch.ts";

/**
 * The watches of one scope by their path: each path has one circular list, threaded through the watches
 * themselves, in the order in which they came. Adding, removing and finding cost the same however many there are.
 */
export class PathLists<Owner> {
  readonly #heads = new Map<string, Watch<Owner>>();
  size = 0;

  add(watch: Watch<Owner>): void {
    this.size++;
    const head = this.#heads.get(watch.path);
    if (head === undefined) {
      this.#heads.set(watch.path, watch);
      return;
    }
    watch.next = head;
    watch.previous = head.previous;
    head.previous.next = watch;
    head.previous = watch;
  }

  /** Takes out a watch that was added. */
  remove(watch: Watch<Owner>): void {
    this.size--;
    if (watch.next === watch) {
      this.#heads.delete(watch.path);
      return;
    }
    if (this.#heads.get(watch.path) === watch) this.#heads.set(watch.path, watch.next);
    watch.previous.next = watch.next;
    watch.next.previous = watch.previous;
    watch.next = watch;
    watch.previous = watch;
  }

  /** Calls `told` for each watch on the path. It must not add or remove any. */
  forEach(path: string, told: (watch: Watch<Owner>) => void): void {
    const head = this.#heads.get(path);
    if (head === undefined) return;
    let watch = head;
    do {
      told(watch);
      watch = watch.next;
    } while (watch !== head);
  }

  /** Takes out every watch on the path, and calls `told` for each. */
  takeAll(path: string, told: (watch: Watch<Owner>) => void): void {
    const head = this.#heads.get(path);
    if (head === undefined) return;
    this.#heads.delete(path);
    let watch = head;
    do {
      const { next } = watch;
      watch.next = watch;
      watch.previous = watch;
      this.size--;
      told(watch);
      watch = next;
    } while (watch !== head);
  }

  *onPath(path: string): Generator<Watch<Owner>> {
    const head = this.#heads.get(path);
    if (head === undefined) return;
    let watch = head;
    do {
      yield watch;
      watch = watch.next;
    } while (watch !== head);
  }
}
