import { unpackTransactions } from "../codec.ts";
import type { Retention } from "../journal.ts";
import { Checkpointer } from "./checkpointer.ts";
import { corrupt, sqliteCode, unusable } from "./connection.ts";
import { reasonOf, sizeOf } from "./files.ts";
import { type HistoryRows, HistoryTable } from "./history-table.ts";
import { DamagedRow, packedRows } from "./loader.ts";
import type { JournalLog } from "./log.ts";
import { type OpenDatabase, type OpenOptions, openDatabase } from "./open.ts";
import { Writer } from "./writer.ts";

/** What came of a commit. After "unknown" or "broken" the store must not be used again. */
export type CommitResult =
  | { readonly kind: "committed"; readonly packed: Uint8Array }
  | { readonly kind: "full" }
  | { readonly kind: "unknown" | "broken"; readonly reason: string };

const keepAll: Retention = {
  transactionsMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  ageMaxMs: Number.POSITIVE_INFINITY,
};

/** The worker's half of the journal: one open data directory, used synchronously. */
export class Store {
  readonly #open: OpenDatabase;
  readonly #log: JournalLog;
  readonly #history: HistoryTable;
  readonly #writer: Writer;
  readonly #checkpointer: Checkpointer;
  readonly #rows: Iterator<Uint8Array<ArrayBuffer>>;
  #lastZxid: number;
  #failed = false;
  #markFailed = false;

  /** Throws JournalUnusable. */
  constructor(options: OpenOptions, log: JournalLog) {
    this.#open = openDatabase(options, log);
    const { connection, lastZxid } = this.#open;
    this.#log = log;
    this.#lastZxid = lastZxid;
    this.#history = new HistoryTable(connection, options.retention ?? keepAll);
    this.#writer = new Writer(connection, this.#history);
    this.#checkpointer = new Checkpointer(connection, log);
    this.#rows = packedRows(connection, lastZxid);
  }

  get lastZxid(): number {
    return this.#lastZxid;
  }

  get databaseId(): string {
    return this.#open.databaseId;
  }

  /** The next rows of the stored state; undefined after the last. Throws JournalUnusable. */
  nextRows(): Uint8Array<ArrayBuffer> | undefined {
    const { files } = this.#open;
    try {
      const { done, value } = this.#rows.next();
      return done === true ? undefined : value;
    } catch (error) {
      this.#failed = true;
      if (error instanceof DamagedRow || error instanceof RangeError) {
        throw corrupt(files.database, error.message);
      }
      throw unusable(error, files.database, files);
    }
  }

  commit(packed: Uint8Array): CommitResult {
    try {
      const batch = unpackTransactions(packed);
      this.#writer.write(batch, packed);
      this.#lastZxid = batch.at(-1)!.zxid;
    } catch (error) {
      const code = sqliteCode(error);
      if (code === "SQLITE_FULL") return { kind: "full" };
      this.#failed = true;
      const broken = code === undefined || code.startsWith("SQLITE_CONSTRAINT");
      const reason = code === undefined ? reasonOf(error) : `${reasonOf(error)} (${code})`;
      return { kind: broken ? "broken" : "unknown", reason };
    }
    this.#moveMark(false);
    return { kind: "committed", packed };
  }

  /** Batches of the history, oldest first, as packed; or the oldest zxid after which it is complete. */
  history(after: number, through: number): HistoryRows {
    return this.#history.read(after, through);
  }

  /** For after a commit was acknowledged. Throws when the disk fails: the store must not be used again. */
  tidy(): void {
    try {
      if (this.#checkpointer.foldWhenDue()) this.#syncMark();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  /** Lets go of the files. After a failure it leaves them to be checked at the next start. */
  close(): void {
    const { connection, files, markFile, lock } = this.#open;
    try {
      const folded = !this.#failed && this.#checkpointer.foldAll();
      connection.close();
      if (folded && (sizeOf(files.wal) ?? 0) === 0) this.#moveMark(true);
      this.#syncMark();
    } finally {
      connection.close();
      markFile.close();
      lock.release();
    }
  }

  #moveMark(clean: boolean): void {
    const { databaseId, markFile } = this.#open;
    this.#tryMark(() => markFile.write({ databaseId, zxid: this.#lastZxid, clean }));
  }

  #syncMark(): void {
    this.#tryMark(() => this.#open.markFile.sync());
  }

  /** The database is the truth; an older mark only notices less. So a failure is said once, and survived. */
  #tryMark(action: () => void): void {
    try {
      action();
      this.#markFailed = false;
    } catch (error) {
      if (!this.#markFailed) {
        this.#log.warn(
          { reason: reasonOf(error) },
          "cannot keep the last acknowledged zxid outside the database",
        );
      }
      this.#markFailed = true;
    }
  }
}
