import type { Transaction } from "../core/change.ts";
import type { NodeRecord } from "../core/node.ts";
import type { SessionRecord } from "../core/session.ts";

/**
 * The durable order of all transactions. The engine knows no more of storage than this.
 * One process at a time owns a journal.
 */
export interface Journal {
  /**
   * Streams the stored state, parents before children and siblings in the order of their names,
   * and answers the zxid it stands at. Called once, before any commit.
   * A record's numChildren is not stored: it arrives as 0 and the tree counts.
   */
  load(sink: StateSink): Promise<{ lastZxid: number }>;

  /**
   * Makes a batch durable: when it resolves, every transaction of it survives a power failure; when it
   * rejects with JournalFull, none of it happened and a later commit may succeed. Any other rejection,
   * usually OutcomeUnknown, leaves the outcome unknown, and the journal must not be used again.
   * One commit at a time; zxids increase over all batches.
   */
  commit(batch: readonly Transaction[]): Promise<void>;

  /** Finishes what is under way, folds the log into the database and lets go of the files. */
  close(): Promise<void>;
}

export interface StateSink {
  node(path: string, record: NodeRecord, data: Uint8Array): void;
  session(session: SessionRecord): void;
}

/** The disk is full: nothing of the batch was stored, and everything before it is intact. */
export class JournalFull extends Error {
  override readonly name = "JournalFull";
}

/** The journal cannot be opened; the message says why in one line, and nothing was changed. */
export class JournalUnusable extends Error {
  override readonly name = "JournalUnusable";
}

/** A commit failed in a way that does not tell whether the batch was stored: a restart will show. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}
