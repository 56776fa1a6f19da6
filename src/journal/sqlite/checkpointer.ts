import type Database from "better-sqlite3";
import { reasonOf } from "./files.ts";
import { isFull } from "./full-disk.ts";
import type { JournalLog } from "./log.ts";

/** The WAL is folded into the database when this much of it waits: longer makes a restart slower. */
const checkpointBytes = 16 * 1_048_576;

interface Progress {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/** Folds the WAL into the database now and then, between commits, in the thread that commits. */
export class Checkpointer {
  readonly #connection: Database.Database;
  readonly #log: JournalLog;
  readonly #look: Database.Statement<[], Progress>;
  readonly #framesMax: number;
  readonly #hasRoom: () => boolean;
  #framesDue: number;
  /** The full disk was told of: it is tried every second until there is room, and said once. */
  #fullIsTold = false;

  /** @param hasRoom see `isFull`. */
  constructor(connection: Database.Database, log: JournalLog, hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
    this.#connection = connection;
    this.#log = log;
    this.#look = connection.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#framesMax = checkpointBytes / (connection.pragma("page_size", { simple: true }) as number);
    this.#framesDue = this.#framesMax;
  }

  /**
   * Answers whether it was time and the WAL was folded. A full disk is logged once, and tried again when the WAL has
   * grown as much once more; the commits go on meanwhile. Throws on any other error: fsync cannot be retried,
   * because the kernel may have marked the lost pages clean.
   */
  foldWhenDue(): boolean {
    const { log, checkpointed } = this.#look.get()!;
    const frames = log - checkpointed;
    if (frames < this.#framesDue) return false;
    const folded = this.#fold("PASSIVE");
    this.#framesDue = folded ? this.#framesMax : frames + this.#framesMax;
    return folded;
  }

  /** Folds the whole WAL and empties it: for a stop in order, and to make room. Answers false if the disk is full. */
  foldAll(): boolean {
    return this.#fold("TRUNCATE");
  }

  #fold(mode: "PASSIVE" | "TRUNCATE"): boolean {
    try {
      const [progress] = this.#connection.pragma(`wal_checkpoint(${mode})`) as Progress[];
      this.#fullIsTold = false;
      return progress?.busy === 0;
    } catch (error) {
      if (!isFull(error, this.#hasRoom)) throw error;
      if (!this.#fullIsTold) {
        this.#log.warn({ reason: reasonOf(error) }, "checkpoint: the disk is full; the log keeps growing");
      }
      this.#fullIsTold = true;
      return false;
    }
  }
}
