import type { Transaction } from "../core/change.ts";
import type { Moment } from "../core/clock-jumps.ts";
import type { NodeRecord } from "../core/node.ts";
import type { RememberedRequest } from "../core/request.ts";
import type { SessionRecord } from "../core/session.ts";
import type { Histogram } from "../figures.ts";

/**
 * The durable order of all transactions. The engine knows no more of storage than this.
 * One process at a time owns a journal.
 */
export interface Journal {
  /**
   * Streams the stored state, parents before children and siblings in the order of their names,
   * and answers the zxid it stands at, and which database it is. Called once, before any commit.
   * A record's numChildren is not stored: it arrives as 0 and the tree counts.
   */
  load(sink: StateSink): Promise<Loaded>;

  /**
   * Makes a batch durable: when it resolves, every transaction of it survives a power failure; when it
   * rejects with JournalFull, none of it happened and a later commit may succeed. Any other rejection,
   * usually OutcomeUnknown, leaves the outcome unknown, and the journal must not be used again.
   * One commit at a time; zxids increase over all batches.
   */
  commit(batch: readonly Transaction[]): Promise<void>;

  /**
   * Reads committed transactions again: those with zxids above `after` and up to `through`, oldest first. One page
   * holds as many as fit; ask on from where it ends. May be called at any time after `load`, also while a commit
   * is under way. Rejects with Compacted when some of them are no longer kept; any other rejection means that the
   * journal must not be used again.
   */
  history(after: number, through: number): Promise<HistoryPage>;

  /**
   * Looks after the disk, a few milliseconds' worth: prunes what became too old, gives back unused space, and after a
   * full disk looks whether there is room again. To be called every now and then. Rejects when the journal must not be
   * used again.
   */
  care(now: Moment): Promise<Care>;

  /**
   * Finishes what is under way, notes the moment, folds the log into the database and lets go of the files. After the
   * disk has failed it touches nothing any more, and holds on to the files until the process ends.
   */
  close(now?: Moment): Promise<void>;
}

/** What the journal found when it looked after its disk. */
export interface Care {
  /** The disk is full: the last commit did not fit, and there is no room yet. */
  readonly isFull: boolean;
  /** What is left on the disk for this user, in bytes. */
  readonly freeBytes: number;
  /** Something is left to do. */
  readonly more: boolean;
}

/** What a journal can tell of itself. */
export interface JournalFigures {
  /** The history is complete after this zxid. */
  readonly oldestZxid: number;
  /** How long the disk itself took for each commit. */
  readonly syncSeconds: Histogram;
  sizes(): Promise<DiskSizes>;
}

/** In bytes. */
export interface DiskSizes {
  readonly database: number;
  /** What was committed and is not folded into the database yet. */
  readonly wal: number;
  /** What is left on the disk for this user. */
  readonly diskFree: number;
}

/** What is known of a journal once it is loaded. */
export interface Loaded {
  readonly lastZxid: number;
  /** Unique for ever: 16 hexadecimal digits. */
  readonly databaseId: string;
  /** When it was in use last, as far as it knows, and the jumps of the wall clock until then. */
  readonly seen?: Moment | undefined;
}

/** A stretch of the one order. */
export interface HistoryPage {
  readonly transactions: readonly Transaction[];
  /** The page holds everything up to this zxid; the next one starts after it. */
  readonly through: number;
}

/** How much of the past a journal keeps: whichever of the three is reached first. The newest batch always stays. */
export interface Retention {
  readonly transactionsMax: number;
  /** On disk. */
  readonly bytesMax: number;
  readonly ageMaxMs: number;
}

export interface StateSink {
  node(path: string, record: NodeRecord, data: Uint8Array): void;
  session(session: SessionRecord): void;
  /** In the order of their zxids. */
  request(request: RememberedRequest): void;
}

/** The disk is full: nothing of the batch was stored, and everything before it is intact. */
export class JournalFull extends Error {
  override readonly name = "JournalFull";
}

/** The history asked for is no longer kept. */
export class Compacted extends Error {
  override readonly name = "Compacted";
  /** The oldest zxid after which everything is still there. */
  readonly oldestZxid: number;

  constructor(oldestZxid: number) {
    super(`the history is kept after zxid ${oldestZxid}`);
    this.oldestZxid = oldestZxid;
  }
}

/** The journal cannot be opened; the message says why in one line, and nothing was changed. */
export class JournalUnusable extends Error {
  override readonly name = "JournalUnusable";
}

/** A commit failed in a way that does not tell whether the batch was stored: a restart will show. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}
