import type { Change, Transaction } from "../../src/core/change.ts";
import type { Moment } from "../../src/core/clock-jumps.ts";
import type { NodeRecord } from "../../src/core/node.ts";
import type { RememberedRequest } from "../../src/core/request.ts";
import { reservedNodes } from "../../src/core/reserved.ts";
import type { SessionRecord } from "../../src/core/session.ts";
import { Histogram } from "../../src/figures.ts";
import {
  type Care,
  Compacted,
  type DiskSizes,
  type HistoryPage,
  type Journal,
  type JournalFigures,
  JournalFull,
  type Loaded,
  OutcomeUnknown,
  type StateSink,
} from "../../src/journal/journal.ts";

interface StoredNode {
  readonly record: NodeRecord;
  readonly data: Uint8Array;
}

/** What a MemoryJournal stores: give it to the next one to "restart". */
export class MemoryStore {
  readonly nodes = new Map<string, StoredNode>();
  readonly sessions = new Map<number, SessionRecord>();
  requests: RememberedRequest[] = [];
  lastZxid = 0;
  /** Every transaction after the zxid that was compacted. */
  history: Transaction[] = [];
  compactedZxid = 0;
  seen: Moment | undefined;

  constructor() {
    for (const { path, record } of reservedNodes) this.nodes.set(path, { record, data: new Uint8Array() });
  }

  /** Puts a node there as if its creation had been committed: its parent counts it. */
  put(path: string, record: NodeRecord, data: Uint8Array = new Uint8Array()): void {
    this.nodes.set(path, { record: { ...record, dataLength: data.length }, data });
    const parentPath = parentOf(path);
    const parent = this.nodes.get(parentPath)!;
    const creates = parent.record.creates + 1;
    this.nodes.set(parentPath, { ...parent, record: { ...parent.record, creates } });
  }

  write(batch: readonly Transaction[]): void {
    for (const transaction of batch) {
      if (transaction.zxid <= this.lastZxid) throw new Error(`zxid ${transaction.zxid} is not new`);
      this.lastZxid = transaction.zxid;
      for (const change of transaction.changes) this.#apply(change);
      this.history.push(transaction);
      this.seen = { wallMs: transaction.timeMs, jumps: this.seen?.jumps ?? [] };
    }
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case "nodeCreated":
        if (this.nodes.has(change.path)) throw new Error(`${change.path} exists`);
        this.nodes.set(change.path, { record: { ...change.node }, data: change.data.slice() });
        this.#updateParent(change);
        return;
      case "nodeDataSet": {
        const { mzxid, mtimeMs, version, ephemeralOwner, dataLength } = change.node;
        const fields = { mzxid, mtimeMs, version, ephemeralOwner, dataLength };
        this.#update(change.path, fields, change.data.slice());
        return;
      }
      case "nodeAclSet": {
        const { acl, aversion } = change.node;
        this.#update(change.path, { acl, aversion });
        return;
      }
      case "nodeDeleted":
        if (!this.nodes.delete(change.path)) throw new Error(`no node ${change.path}`);
        this.#updateParent(change);
        return;
      case "sessionOpened":
        if (this.sessions.has(change.sessionId)) throw new Error(`session ${change.sessionId} exists`);
        this.#putSession({ ...change, id: change.sessionId });
        return;
      case "sessionTimeoutSet": {
        const session = this.sessions.get(change.sessionId);
        if (session === undefined) throw new Error(`no session ${change.sessionId}`);
        this.#putSession({ ...session, timeoutMs: change.timeoutMs });
        return;
      }
      case "sessionClosed":
        if (!this.sessions.delete(change.sessionId)) throw new Error(`no session ${change.sessionId}`);
        return;
      case "requestAnswered": {
        const { kind: _, forgets, ...request } = change;
        this.requests = this.requests.filter(({ zxid }) => !forgets.includes(zxid));
        this.requests.push(request);
      }
    }
  }

  /** Forgets the past up to a zxid. */
  compact(zxid: number): void {
    this.compactedZxid = zxid;
    this.history = this.history.filter((transaction) => transaction.zxid > zxid);
  }

  #updateParent({ path, parent }: Extract<Change, { parent: NodeRecord }>): void {
    this.#update(parentOf(path), { pzxid: parent.pzxid, creates: parent.creates });
  }

  #update(path: string, fields: Partial<NodeRecord>, data?: Uint8Array): void {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`no node ${path}`);
    this.nodes.set(path, { record: { ...node.record, ...fields }, data: data ?? node.data });
  }

  #putSession({ id, secret, timeoutMs, owner }: SessionRecord): void {
    this.sessions.set(id, { id, secret, timeoutMs, owner });
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** How the next commit fails: nothing stored, or an unknown outcome with the batch stored or lost. */
export type Failure = "full" | "unknownStored" | "unknownLost";

/**
 * A journal without a disk, for tests: it can hold commits back, fail the next one, count, and be crashed.
 * It is written apart from the SQLite journal, and the contract suite runs over both.
 */
export class MemoryJournal implements Journal {
  readonly store: MemoryStore;
  /** Batches and transactions acknowledged so far. */
  readonly acknowledged = { batches: 0, transactions: 0 };
  closed = false;
  /** What it finds when it looks after its disk. */
  isFull = false;
  freeBytes = Number.MAX_SAFE_INTEGER;
  /** The next reading of the history fails, as on a bad disk. */
  failsHistory = false;
  /** Transactions on one page of the history. */
  historyPageMax = 100;
  #pending: readonly Transaction[] | undefined;
  #failure: Failure | undefined;
  #broken = false;
  #held: { readonly released: Promise<void>; readonly release: () => void } | undefined;
  #arrivals: (() => void)[] = [];

  constructor(store: MemoryStore = new MemoryStore()) {
    this.store = store;
  }

  /** The batch whose commit is under way. */
  get pending(): readonly Transaction[] | undefined {
    return this.#pending;
  }

  /** From now on commits wait until `release`. */
  hold(): void {
    if (this.#held !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { released: promise, release: resolve };
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  failNext(failure: Failure): void {
    this.#failure = failure;
  }

  /** Resolves when a commit is under way. */
  commitArrived(): Promise<void> {
    if (this.#pending !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  /** Dies with a commit under way, if there is one: it is never answered. Answers what a restart opens. */
  crash({ pendingStored }: { readonly pendingStored: boolean }): MemoryJournal {
    if (pendingStored && this.#pending !== undefined) this.store.write(this.#pending);
    this.#broken = true;
    return new MemoryJournal(this.store);
  }

  async load(sink: StateSink): Promise<Loaded> {
    for (const session of this.store.sessions.values()) sink.session(session);
    const byPath = [...this.store.nodes].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const [path, { record, data }] of byPath) sink.node(path, record, data);
    for (const request of this.store.requests) sink.request(request);
    return { lastZxid: this.store.lastZxid, databaseId: "00000000000000aa", seen: this.store.seen };
  }

  async commit(batch: readonly Transaction[]): Promise<void> {
    if (this.closed || this.#broken) throw new OutcomeUnknown("the journal must not be used any more");
    if (this.#pending !== undefined) throw new Error("a commit is under way: one at a time");
    this.#pending = batch;
    for (const arrived of this.#arrivals.splice(0)) arrived();
    await this.#held?.released;
    if (this.#broken) return new Promise(() => {});
    this.#finish(batch);
  }

  async history(after: number, through: number): Promise<HistoryPage> {
    if (this.failsHistory) {
      this.failsHistory = false;
      throw new Error("injected: the history cannot be read");
    }
    if (after < this.store.compactedZxid) throw new Compacted(this.store.compactedZxid);
    const wanted = this.store.history.filter(({ zxid }) => zxid > after && zxid <= through);
    const transactions = wanted.slice(0, this.historyPageMax);
    return {
      transactions,
      through: wanted.length > transactions.length ? transactions.at(-1)!.zxid : through,
    };
  }

  async care(now?: Moment): Promise<Care> {
    this.store.seen = now ?? this.store.seen;
    return { isFull: this.isFull, freeBytes: this.freeBytes, more: false };
  }

  async close(now?: Moment): Promise<void> {
    this.store.seen = now ?? this.store.seen;
    this.release();
    this.closed = true;
  }

  #finish(batch: readonly Transaction[]): void {
    const failure = this.#failure;
    this.#failure = undefined;
    this.#pending = undefined;
    if (failure === "full") throw new JournalFull("the disk is full: nothing of the batch was stored");
    if (failure !== "unknownLost") this.store.write(batch);
    if (failure !== undefined) {
      this.#broken = true;
      throw new OutcomeUnknown("injected");
    }
    this.acknowledged.batches++;
    this.acknowledged.transactions += batch.length;
  }
}

/** What a journal without a disk tells of itself. */
export class MemoryFigures implements JournalFigures {
  readonly oldestZxid = 0;
  readonly syncSeconds = new Histogram([1]);

  async sizes(): Promise<DiskSizes> {
    return { database: 4_096, wal: 0, diskFree: 1_000_000 };
  }
}
