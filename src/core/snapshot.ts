import type { Change, Transaction } from "./change.ts";
import type { NodeRecord } from "./node.ts";
import { childPath, comparePaths, isWithin, parentOf } from "./path.ts";
import { quotaOfStats, quotaRoot, quotasTouched, statsPathOf } from "./quota.ts";
import { Staging } from "./staging.ts";
import type { StateReader } from "./state.ts";

/** A node as it was. */
export interface SnapshotNode {
  readonly path: string;
  readonly record: NodeRecord;
  /** Empty unless they were asked for. */
  readonly data: Uint8Array;
}

/** What is shown of a subtree. */
export interface SnapshotView {
  readonly withData: boolean;
  /** Whether a node is shown. What is below one that is not is not either. */
  readonly shows: (node: NodeRecord) => boolean;
  /** Entries of access lists that were looked at for that so far. Default: not counted. */
  readonly aclEntriesLookedAt?: () => number;
}

/** How much a page of nodes holds; it has one node at least, unless that one is not shown. */
export interface PageSize {
  readonly nodesMax: number;
  readonly bytesMax: number;
  /** Entries of access lists that it looks at. Default: without a limit. */
  readonly aclEntriesMax?: number;
}

/**
 * A subtree at one zxid, read page by page while the tree goes on: parents before children, siblings by name. Of
 * the nodes that are still to be read, it keeps what they were before they changed.
 */
export class Snapshot {
  readonly #tree: StateReader;
  readonly #root: string;
  readonly #withData: boolean;
  readonly #shows: SnapshotView["shows"];
  readonly #lookedAt: () => number;
  /** The tree as it was: what changed since, laid over what it is. */
  readonly #before: Staging;
  /** The usage of quotas is in the subtree: it changes with other nodes. */
  readonly #withUsage: boolean;
  readonly #kept = new Set<string>();
  #keptBytes = 0;
  /** The node that was read last. */
  #cursor: string | undefined;
  /** It was not shown, and nothing below it is. */
  #cursorHidden = false;
  #done = false;

  /** @param root a node that exists. */
  constructor(
    tree: StateReader,
    root: string,
    { withData, shows, aclEntriesLookedAt = () => 0 }: SnapshotView,
  ) {
    this.#tree = tree;
    this.#root = root;
    this.#withData = withData;
    this.#shows = shows;
    this.#lookedAt = aclEntriesLookedAt;
    this.#before = new Staging(tree);
    this.#withUsage = isWithin(quotaRoot, root) || isWithin(root, quotaRoot);
  }

  /** Everything has been read. */
  get isDone(): boolean {
    return this.#done;
  }

  /** Nodes that are kept as they were. */
  get keptCount(): number {
    return this.#kept.size;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** To be told of every transaction, before it is applied to the tree. */
  keep({ changes }: Transaction): void {
    for (const change of changes) {
      if (!("path" in change)) continue;
      if (this.#withUsage) this.#keepUsage(change.path);
      this.#keep(change.path);
      if (hasParent(change)) this.#keep(parentOf(change.path));
    }
  }

  /** The next nodes; perhaps none, also before the last, when some are not shown. */
  next({ nodesMax, bytesMax, aclEntriesMax = Number.POSITIVE_INFINITY }: PageSize): SnapshotNode[] {
    const nodes: SnapshotNode[] = [];
    if (this.#done) return nodes;
    const levels = this.#levels();
    const lookedAtMax = this.#lookedAt() + aclEntriesMax;
    for (let count = 0, bytes = 0; count < nodesMax && bytes < bytesMax; count++) {
      if (this.#lookedAt() >= lookedAtMax) break;
      const path = this.#cursor === undefined ? this.#root : nextPath(levels);
      if (path === undefined) {
        this.#done = true;
        break;
      }
      this.#cursor = path;
      const record = this.#before.node(path)!;
      this.#cursorHidden = !this.#shows(record);
      if (this.#cursorHidden) continue;
      const data = this.#withData ? this.#before.data(path)! : noData;
      nodes.push({ path, record, data });
      bytes += nodeBytes + path.length + data.length;
      if (record.numChildren > 0) levels.push({ path, names: this.#before.childNames(path) });
    }
    return nodes;
  }

  #keepUsage(path: string): void {
    for (const quotaPath of quotasTouched(path, this.#tree)) this.#keep(statsPathOf(quotaPath));
  }

  #keep(path: string): void {
    if (this.#done || this.#kept.has(path) || !isWithin(path, this.#root)) return;
    if (this.#cursor !== undefined && comparePaths(path, this.#cursor) <= 0) return;
    this.#kept.add(path);
    const quotaPath = quotaOfStats(path);
    if (quotaPath !== undefined) this.#before.holdQuota(quotaPath);
    const record = this.#tree.node(path);
    this.#keptBytes += keptNodeBytes + path.length;
    if (record === undefined) {
      this.#before.removeNode(path);
      return;
    }
    const data = this.#withData ? this.#tree.data(path)! : noData;
    this.#keptBytes += data.length;
    this.#before.putNode(path, record, data);
  }

  /** What is left of each level down to the cursor: names cannot be iterated while they change. */
  #levels(): Level[] {
    const levels: Level[] = [];
    const cursor = this.#cursor;
    if (cursor === undefined) return levels;
    for (let path = this.#root; path !== cursor; ) {
      const start = path === "/" ? 1 : path.length + 1;
      const end = cursor.indexOf("/", start);
      const name = end === -1 ? cursor.slice(start) : cursor.slice(start, end);
      levels.push({ path, names: this.#before.childNames(path, name) });
      path = childPath(path, name);
    }
    if (!this.#cursorHidden) levels.push({ path: cursor, names: this.#before.childNames(cursor) });
    return levels;
  }
}

interface Level {
  readonly path: string;
  readonly names: Iterator<string>;
}

function nextPath(levels: Level[]): string | undefined {
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { done, value } = level.names.next();
    if (!done) return childPath(level.path, value);
    levels.pop();
  }
  return undefined;
}

function hasParent(change: Change): boolean {
  return change.kind === "nodeCreated" || change.kind === "nodeDeleted";
}

const noData = new Uint8Array();

/** About what a node takes in a message beside its path and data. */
const nodeBytes = 100;

/** The same in memory. */
const keptNodeBytes = 400;
