import type { Watch } from "./watch.ts";

/**
 * The watches of one scope by their path: each path has one circular list, threaded through the watches
 * themselves, in the order in which they came. Adding, removing and finding cost the same however many there are.
 */
export class PathLists<Owner> {
  readonly #heads = new Map<string, Watch<Owner>>();
  readonly #walks = new Set<Walk<Owner>>();
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
    for (const walk of this.#walks) walk.leave(watch);
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

  /** A walk along the watches that are on the path now; undefined if there are none. Whoever begins it ends it. */
  walk(path: string): Walk<Owner> | undefined {
    const head = this.#heads.get(path);
    if (head === undefined) return undefined;
    const walk = new Walk(head);
    this.#walks.add(walk);
    return walk;
  }

  end(walk: Walk<Owner>): void {
    this.#walks.delete(walk);
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

/**
 * A place in the list of a path. Watches may come and go while it lasts: it meets each of those that were there when
 * it began once, unless that leaves before its turn, and none that came later.
 */
export class Walk<Owner> {
  #next: Watch<Owner> | undefined;
  #last: Watch<Owner>;

  constructor(head: Watch<Owner>) {
    this.#next = head;
    this.#last = head.previous;
  }

  next(): Watch<Owner> | undefined {
    const watch = this.#next;
    if (watch !== undefined) this.#pass(watch);
    return watch;
  }

  /** The watch is about to leave the list. */
  leave(watch: Watch<Owner>): void {
    if (watch === this.#next) this.#pass(watch);
    else if (watch === this.#last) this.#last = watch.previous;
  }

  #pass(watch: Watch<Owner>): void {
    this.#next = watch === this.#last ? undefined : watch.next;
  }
}
