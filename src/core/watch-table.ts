import type { NodeEvent } from "./event.ts";
import { parentOf } from "./path.ts";
import { PathLists } from "./path-lists.ts";
import type { Watch, WatchHome, WatchSpec } from "./watch.ts";

/**
 * Watches, found by what fires them: ZooKeeper's WatchManager, both tables in one. An event looks only where the
 * watches lie that it fires, so that it costs those and the depth of its path, however many others there are.
 */
export class WatchTable<Owner> implements WatchHome<Owner> {
  /** One-shot, told of the node itself: data and exists. */
  readonly #node = new PathLists<Owner>();
  /** One-shot, told of the node's children and of its deletion. */
  readonly #children = new PathLists<Owner>();
  readonly #persistent = new PathLists<Owner>();
  /** Subtrees of the node alone, of one level more, and of all levels. */
  readonly #self = new PathLists<Owner>();
  readonly #near = new PathLists<Owner>();
  readonly #deep = new PathLists<Owner>();
  /** How many watches of all levels there are at each depth of path: where an event need not look. */
  readonly #deepAt: number[] = [];

  /** Nothing would be told, whatever happens. */
  get isEmpty(): boolean {
    return this.#all().every(({ size }) => size === 0);
  }

  add(watch: Watch<Owner>): void {
    watch.table = this;
    this.#listsOf(watch.spec).add(watch);
    this.#countDeep(watch, 1);
  }

  /** Takes out a watch that is in the table. */
  remove(watch: Watch<Owner>): void {
    watch.table = undefined;
    this.#listsOf(watch.spec).remove(watch);
    this.#countDeep(watch, -1);
  }

  /**
   * The watches that the event fires, each once; those that are one-shot are over then, and out of the table. Other
   * watches may come and go meanwhile. One that was told of the event already is not fired.
   */
  *fire(event: NodeEvent): Generator<Watch<Owner>, void> {
    for (const [lists, path] of this.#reaching(event)) {
      const walk = lists.walk(path);
      if (walk === undefined) continue;
      const isOneShot = lists === this.#node || lists === this.#children;
      try {
        for (let watch = walk.next(); watch !== undefined; watch = walk.next()) {
          if (watch.afterZxid >= event.zxid) continue;
          if (isOneShot) {
            this.remove(watch);
            watch.over = true;
          }
          yield watch;
        }
      } finally {
        lists.end(walk);
      }
    }
  }

  /** Where the watches lie that an event fires. */
  *#reaching({ kind, path }: NodeEvent): Generator<readonly [PathLists<Owner>, string], void> {
    if (kind === "nodeChildrenChanged") {
      yield [this.#children, path];
      yield [this.#persistent, path];
      return;
    }
    yield [this.#node, path];
    if (kind === "nodeDeleted") yield [this.#children, path];
    for (const lists of [this.#persistent, this.#self, this.#near]) yield [lists, path];
    if (path !== "/") yield [this.#near, parentOf(path)];
    for (const above of this.#deepPaths(path)) yield [this.#deep, above];
  }

  /** The watches that a change of the node at a path could fire: those on it, then those that reach down to it. */
  *watching(path: string): Generator<Watch<Owner>> {
    for (const lists of [this.#node, this.#children, this.#persistent, this.#self, this.#near]) {
      yield* lists.onPath(path);
    }
    yield* this.#deep.onPath(path);
    if (path === "/") return;
    yield* this.#near.onPath(parentOf(path));
    for (const above of this.#deepPaths(path)) if (above !== path) yield* this.#deep.onPath(above);
  }

  #all(): PathLists<Owner>[] {
    return [this.#node, this.#children, this.#persistent, this.#self, this.#near, this.#deep];
  }

  #listsOf({ kind, depth }: WatchSpec): PathLists<Owner> {
    switch (kind) {
      case "data":
      case "exists":
        return this.#node;
      case "children":
        return this.#children;
      case "persistent":
        return this.#persistent;
      case "persistentRecursive":
        return this.#deep;
      case "subtree":
        return depth === 0 ? this.#self : depth === 1 ? this.#near : this.#deep;
    }
  }

  #countDeep(watch: Watch<Owner>, difference: number): void {
    if (this.#listsOf(watch.spec) !== this.#deep) return;
    const depth = depthOf(watch.path);
    this.#deepAt[depth] = (this.#deepAt[depth] ?? 0) + difference;
  }

  /** The path and those above it, from the top, as far as there are watches at their depth at all. */
  *#deepPaths(path: string): Generator<string> {
    if (this.#deep.size === 0) return;
    if (this.#deepAt[0]) yield "/";
    if (path === "/") return;
    let depth = 1;
    for (let end = path.indexOf("/", 1); end !== -1; end = path.indexOf("/", end + 1)) {
      if (this.#deepAt[depth]) yield path.slice(0, end);
      depth++;
    }
    if (this.#deepAt[depth]) yield path;
  }
}

/** The number of names in a path. */
function depthOf(path: string): number {
  if (path === "/") return 0;
  let depth = 0;
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) === slash) depth++;
  return depth;
}

const slash = 0x2f;
