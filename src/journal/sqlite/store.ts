import { systemClock } from "../../clock.ts";
import type { Moment } from "../../core/clock-jumps.ts";
import { diskReserveBytes } from "../../limits.ts";
import type { Care, Retention } from "../journal.ts";
import { Checkpointer } from "./checkpointer.ts";
import { ClockTable } from "./clock-table.ts";
import { corrupt, explained, sqliteCode, unusable } from "./connection.ts";
import { abandon, isDiskFailure } from "./disk-failure.ts";
import { freeBytesOf, reasonOf, sizeOf } from "./files.ts";
import { isFull } from "./full-disk.ts";
import { type HistoryRows, HistoryTable } from "./history-table.ts";
import { DamagedRow, packedRows } from "./loader.ts";
import type { JournalLog } from "./log.ts";
import { type OpenDatabase, type OpenOptions, openDatabase } from "./open.ts";
import { Reserve } from "./reserve.ts";
import { Vacuum } from "./vacuum.ts";
import { Writer } from "./writer.ts";

/** What came of a commit. After "unknown" or "broken" the store must not be used again. */
export type CommitResult =
  | {
      readonly kind: "committed";
      readonly packed: Uint8Array;
      /** How long SQLite's COMMIT took. */
      readonly syncMs: number;
      readonly oldestZxid: number;
    }
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
  readonly #clock: ClockTable;
  readonly #checkpointer: Checkpointer;
  readonly #vacuum: Vacuum;
  readonly #reserve: Reserve;
  readonly #rows: Iterator<Uint8Array<ArrayBuffer>>;
  #lastZxid: number;
  #isFull: boolean;
  #failed = false;
  #markFailed = false;

  /** Throws JournalUnusable. */
  constructor(options: OpenOptions, log: JournalLog) {
    this.#open = openDatabase(options, log);
    const { connection, lastZxid } = this.#open;
    this.#log = log;
    this.#lastZxid = lastZxid;
    this.#history = this.#opening(() => this.#openHistory(options.retention ?? keepAll));
    this.#writer = this.#opening(() => new Writer(connection, this.#history, systemClock));
    this.#clock = this.#opening(() => new ClockTable(connection));
    this.#reserve = new Reserve(this.#open.files.reserve);
    this.#checkpointer = new Checkpointer(connection, log, () => this.#reserve.hasRoom());
    this.#vacuum = new Vacuum(connection);
    this.#isFull = this.#open.isFull;
    if (freeBytesOf(this.#open.files.dir) < 2 * diskReserveBytes) this.#reserve.keepForStart();
    this.#rows = packedRows(connection, lastZxid);
  }

  get lastZxid(): number {
    return this.#lastZxid;
  }

  /** The history is complete after this zxid. */
  get oldestZxid(): number {
    return this.#history.after;
  }

  get seen(): Moment | undefined {
    return this.#clock.seen;
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
    let syncMs: number;
    try {
      const written = this.#writer.write(packed);
      syncMs = written.syncMs;
      this.#lastZxid = written.lastZxid;
    } catch (error) {
      if (isFull(error, () => this.#reserve.hasRoom())) {
        this.#isFull = true;
        this.#reserve.letGo();
        return { kind: "full" };
      }
      this.#failed = true;
      const code = sqliteCode(error);
      const broken = code === undefined || code.startsWith("SQLITE_CONSTRAINT");
      return { kind: broken ? "broken" : "unknown", reason: explained(error) };
    }
    this.#moveMark(false);
    return { kind: "committed", packed, syncMs, oldestZxid: this.oldestZxid };
  }

  /** Batches of the history, oldest first, as packed; or the oldest zxid after which it is complete. */
  history(after: number, through: number): HistoryRows {
    return this.#history.read(after, through);
  }

  /** For after a commit was acknowledged. Throws when the disk fails: the store must not be used again. */
  tidy(): void {
    if (!this.#failed && this.#checkpointer.foldWhenDue()) this.#syncMark();
  }

  /** Looks after the disk. Throws when it fails: the store must not be used again. */
  care(now: Moment): Care {
    const more = this.#isFull ? this.#makeRoom() : this.#giveBack(now);
    return { isFull: this.#isFull, freeBytes: freeBytesOf(this.#open.files.dir), more };
  }

  /** While the disk is full: the WAL may give room, and others may have made some. */
  #makeRoom(): false {
    this.#checkpointer.foldAll();
    this.#isFull = !this.#keepReserve();
    return false;
  }

  /** Answers false when there is no room for the reserve and as much again, which the next writes would fill at once. */
  #keepReserve(): boolean {
    return freeBytesOf(this.#open.files.dir) >= 2 * diskReserveBytes && this.#reserve.keep();
  }

  /** Answers whether more can be given back. */
  #giveBack(now: Moment): boolean {
    this.#keepReserve();
    try {
      this.#clock.noteWhenDue(now, this.#lastZxid);
      const more = this.#history.pruneOld(now) || this.#vacuum.step();
      if (this.#checkpointer.foldWhenDue()) this.#syncMark();
      return more;
    } catch (error) {
      // It is the next commit that has to find room; giving back can wait.
      if (isFull(error, () => this.#reserve.hasRoom())) return false;
      throw error;
    }
  }

  /**
   * Folds the log into the database and lets go of the files. After changes that contradict what is stored, it leaves
   * the rest to be checked at the next start. Throws when the disk fails, and has let go of nothing then.
   */
  close(now?: Moment): void {
    const { connection, files, markFile, lock } = this.#open;
    if (now !== undefined && !this.#failed) this.#noteLast(now);
    const folded = !this.#failed && this.#checkpointer.foldAll();
    connection.close();
    if (folded && (sizeOf(files.wal) ?? 0) === 0) this.#moveMark(true);
    this.#syncMark();
    markFile.close();
    lock.release();
  }

  /** Without it, less of the time until the next start counts. */
  #noteLast(now: Moment): void {
    try {
      this.#clock.note(now, this.#lastZxid);
    } catch (error) {
      if (!isFull(error, () => this.#reserve.hasRoom())) throw error;
    }
  }

  /** It ends where the state is. */
  #openHistory(retention: Retention): HistoryTable {
    const { connection, files } = this.#open;
    const history = new HistoryTable(connection, retention);
    if (history.last === this.#lastZxid) return history;
    const finding = `the history ends at zxid ${history.last}, and the database is at ${this.#lastZxid}`;
    throw corrupt(files.database, finding);
  }

  /** What a start reads of the database may be damaged. */
  #opening<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.#failed = true;
      if (isDiskFailure(error)) abandon(this.#open.connection);
      else this.close();
      const { files } = this.#open;
      throw unusable(error, files.database, files);
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
