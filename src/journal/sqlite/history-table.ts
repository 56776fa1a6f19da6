import type Database from "better-sqlite3";
import { ageMs, type Moment } from "../../core/clock-jumps.ts";
import { historyPageBytesMax, prunedBatchesMax } from "../../limits.ts";
import type { Retention } from "../journal.ts";

/** A stretch of the history, or from where on there is one. */
export type HistoryRows =
  | { readonly kind: "history"; readonly batches: readonly Uint8Array[] }
  | { readonly kind: "compacted"; readonly oldestZxid: number };

const selectTotals =
  "SELECT history_after AS after, history_transactions AS transactions, history_bytes AS bytes FROM meta";
const updateTotals = "UPDATE meta SET history_after = ?, history_transactions = ?, history_bytes = ?";
const insertBatch =
  "INSERT INTO history (last_zxid, first_zxid, time_ms, transactions, packed) VALUES (?, ?, ?, ?, ?)";
const selectOldest =
  "SELECT last_zxid AS lastZxid, time_ms AS timeMs, transactions, length(packed) AS bytes FROM history ORDER BY last_zxid LIMIT 1";
const selectNewest = "SELECT last_zxid FROM history ORDER BY last_zxid DESC LIMIT 1";
const deleteBatch = "DELETE FROM history WHERE last_zxid = ?";
const selectBatches = "SELECT packed FROM history WHERE last_zxid > ? AND first_zxid <= ? ORDER BY last_zxid";

/** Which transactions a batch holds. */
export interface BatchSpan {
  readonly firstZxid: number;
  readonly lastZxid: number;
  /** Of the last one. */
  readonly timeMs: number;
  readonly count: number;
}

interface Totals {
  /** Everything after this zxid is there. */
  readonly after: number;
  readonly transactions: number;
  readonly bytes: number;
}

interface Batch {
  readonly lastZxid: number;
  readonly timeMs: number;
  readonly transactions: number;
  readonly bytes: number;
}

/**
 * The past, a row per batch, written and pruned in the SQLite transaction of the batch itself: no write waits
 * for a pruning of its own, and after a crash history and state agree.
 */
export class HistoryTable {
  readonly #retention: Retention;
  readonly #insert: Database.Statement;
  readonly #oldest: Database.Statement<[], Batch>;
  readonly #delete: Database.Statement;
  readonly #update: Database.Statement;
  readonly #select: Database.Statement<[number, number], Buffer>;
  readonly #newest: Database.Statement<[], number>;
  readonly #pruneAlone: () => void;
  /** Of the last look after the disk. Before the first, nothing is too old. */
  #now: Moment | undefined;
  #totals: Totals;
  /** The totals as the transaction under way leaves them. */
  #pending: Totals;

  constructor(connection: Database.Database, retention: Retention) {
    this.#retention = retention;
    this.#insert = connection.prepare(insertBatch);
    this.#oldest = connection.prepare(selectOldest);
    this.#delete = connection.prepare(deleteBatch);
    this.#update = connection.prepare(updateTotals);
    this.#select = connection.prepare<[number, number], Buffer>(selectBatches).pluck();
    this.#newest = connection.prepare<[], number>(selectNewest).pluck();
    this.#pruneAlone = connection.transaction(() => {
      this.#prune();
      this.#saveTotals();
    }).immediate;
    this.#totals = connection.prepare<[], Totals>(selectTotals).get()!;
    this.#pending = this.#totals;
  }

  /** Where the history ends: at the newest change there is. */
  get last(): number {
    return this.#newest.get() ?? this.#totals.after;
  }

  /** Everything after this zxid is there. */
  get after(): number {
    return this.#totals.after;
  }

  /** Forgets what a transaction that failed had begun. */
  begin(): void {
    this.#pending = this.#totals;
  }

  /** Inside the transaction of the batch. */
  append({ firstZxid, lastZxid, timeMs, count }: BatchSpan, packed: Uint8Array): void {
    const { after, transactions, bytes } = this.#pending;
    this.#pending = { after, transactions: transactions + count, bytes: bytes + packed.byteLength };
    // First, so that a nearly full disk has room for what comes.
    this.#prune();
    this.#insert.run(lastZxid, firstZxid, timeMs, count, packed);
    this.#saveTotals();
  }

  /** Prunes what has become too old while nothing was written. Answers whether there is more to prune. */
  pruneOld(now: Moment): boolean {
    this.#now = now;
    const oldest = this.#oldest.get();
    if (oldest === undefined || !this.#isDue(oldest)) return false;
    this.begin();
    this.#pruneAlone();
    this.committed();
    return true;
  }

  /** The transaction of the batch is durable. */
  committed(): void {
    this.#totals = this.#pending;
  }

  /** The batches that hold the transactions after one zxid, up to another; about a page of them. */
  read(after: number, through: number): HistoryRows {
    if (after < this.#totals.after) return { kind: "compacted", oldestZxid: this.#totals.after };
    const batches: Uint8Array[] = [];
    let bytes = 0;
    for (const packed of this.#select.iterate(after, through)) {
      batches.push(packed);
      bytes += packed.byteLength;
      if (bytes >= historyPageBytesMax) break;
    }
    return { kind: "history", batches };
  }

  #prune(): void {
    for (let count = 0; count < prunedBatchesMax; count++) {
      const oldest = this.#oldest.get();
      if (oldest === undefined || !this.#isDue(oldest)) return;
      this.#delete.run(oldest.lastZxid);
      const { transactions, bytes } = this.#pending;
      this.#pending = {
        after: oldest.lastZxid,
        transactions: transactions - oldest.transactions,
        bytes: bytes - oldest.bytes,
      };
    }
  }

  #saveTotals(): void {
    this.#update.run(this.#pending.after, this.#pending.transactions, this.#pending.bytes);
  }

  #isDue({ lastZxid: zxid, timeMs }: Batch): boolean {
    const { transactionsMax, bytesMax, ageMaxMs } = this.#retention;
    const { transactions, bytes } = this.#pending;
    if (transactions > transactionsMax || bytes > bytesMax) return true;
    return this.#now !== undefined && ageMs(this.#now, { zxid, timeMs }) > ageMaxMs;
  }
}
