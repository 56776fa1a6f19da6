import type { Transaction } from "../core/change.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Tree } from "../core/tree.ts";
import type { Watch } from "../core/watch.ts";
import { WatchTable } from "../core/watch-table.ts";
import { Compacted, type Journal } from "../journal/journal.ts";
import {
  flushSliceBytes,
  replaySliceEvents,
  replaySliceTransactions,
  replaySliceWatches,
  replaysMax,
} from "../limits.ts";
import type { Audience, Teller } from "./teller.ts";
import type { WatchStream } from "./watch-stream.ts";

export interface ReplayerOptions {
  readonly tree: Tree;
  readonly journal: Pick<Journal, "history">;
  readonly teller: Teller;
  /** The watch has been told everything up to the visible state: it is live from this moment. */
  readonly told: (watch: Watch<WatchStream>) => void;
  /** The watch has fired for the last time. */
  readonly over: (watch: Watch<WatchStream>) => void;
  /** The watch could not be told of a transaction, and its reader knows. */
  readonly refused: (watch: Watch<WatchStream>) => void;
  /** The watch cannot be told what it asks for. */
  readonly canceled: (watch: Watch<WatchStream>, refusal: Refusal) => void;
  /** The history cannot be read. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Tells watches of the past. All watches that come in about the same time share one reading of the history, a
 * Replay: after a network hiccup they are thousands. A stream whose reader is slower than the history is read
 * leaves the reading, and takes part in another once it has read.
 */
export class Replayer {
  readonly #options: ReplayerOptions;
  #waiting: Watch<WatchStream>[] = [];
  readonly #replays = new Set<Replay>();
  #scheduled = false;
  #stopped = false;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  add(watch: Watch<WatchStream>): void {
    this.#waiting.push(watch);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    for (const replay of this.#replays) replay.stop();
  }

  /** The zxid up to which every watch of the stream has been told; infinite if all are live. */
  toldZxid(stream: WatchStream): number {
    let zxid = Number.POSITIVE_INFINITY;
    if (stream.catchingUp === 0) return zxid;
    for (const replay of this.#replays) zxid = Math.min(zxid, replay.toldZxid(stream));
    for (const watch of stream.watches.values()) {
      if (watch.table === undefined) zxid = Math.min(zxid, watch.afterZxid);
    }
    return zxid;
  }

  /** At the end of this turn of the event loop, so that all that were added in it go together. */
  #schedule(): void {
    if (this.#scheduled || this.#replays.size >= replaysMax) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#start();
    });
  }

  async #start(): Promise<void> {
    const watches = this.#waiting;
    this.#waiting = [];
    if (watches.length === 0 || this.#stopped) return;
    const replay = new Replay(watches, this.#options, (stream, parked) => this.#park(stream, parked));
    this.#replays.add(replay);
    try {
      await replay.run();
    } catch (error) {
      if (!this.#stopped) this.#options.onFailure(error);
    }
    this.#replays.delete(replay);
    if (this.#waiting.length > 0) this.#schedule();
  }

  #park(stream: WatchStream, watches: readonly Watch<WatchStream>[]): void {
    stream.whenRoom(() => {
      for (const watch of watches) if (!watch.over) this.add(watch);
    });
  }
}

/** One reading of the history, from the oldest zxid that its watches ask for to the visible state. */
class Replay implements Audience {
  /** The watches that the reading has reached. */
  readonly table = new WatchTable<WatchStream>();
  readonly touched = new Set<WatchStream>();
  readonly #options: ReplayerOptions;
  readonly #park: (stream: WatchStream, watches: readonly Watch<WatchStream>[]) => void;
  readonly #reached = new Map<WatchStream, Set<Watch<WatchStream>>>();
  /** Those it has not: by their zxids, the nearest last. */
  readonly #ahead: Watch<WatchStream>[];
  #zxid = 0;
  #stopped = false;

  constructor(
    watches: readonly Watch<WatchStream>[],
    options: ReplayerOptions,
    park: (stream: WatchStream, watches: readonly Watch<WatchStream>[]) => void,
  ) {
    this.#options = options;
    this.#park = park;
    this.#ahead = watches.toSorted((a, b) => b.afterZxid - a.afterZxid);
    this.#zxid = this.#ahead.at(-1)!.afterZxid;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The zxid up to which the stream's watches of this replay have been told. */
  toldZxid(stream: WatchStream): number {
    return this.#reached.has(stream) ? this.#zxid : Number.POSITIVE_INFINITY;
  }

  over(watch: Watch<WatchStream>): void {
    this.#forget(watch);
    this.#options.over(watch);
  }

  refused(watch: Watch<WatchStream>): void {
    this.#forget(watch);
    this.#options.refused(watch);
  }

  async run(): Promise<void> {
    const { tree, journal } = this.#options;
    while (!this.#stopped && !this.#isDone()) {
      this.#reach();
      if (this.#reached.size === 0) continue;
      const through = tree.zxid;
      if (this.#zxid === through) {
        await this.#goLive();
        continue;
      }
      try {
        const page = await journal.history(this.#zxid, through);
        await this.#feed(page.transactions);
        this.#zxid = Math.max(this.#zxid, page.through);
      } catch (error) {
        if (!(error instanceof Compacted)) throw error;
        await this.#cancelAll(compacted(this.#zxid, error.oldestZxid));
      }
    }
  }

  #isDone(): boolean {
    return this.#ahead.length === 0 && this.#reached.size === 0;
  }

  /** Takes in the watches that are to be told of what comes next. */
  #reach(): void {
    if (this.#reached.size === 0) this.#zxid = this.#ahead.at(-1)?.afterZxid ?? this.#zxid;
    for (let watch = this.#ahead.at(-1); watch && watch.afterZxid <= this.#zxid; watch = this.#ahead.at(-1)) {
      this.#ahead.pop();
      if (watch.over) continue;
      this.table.add(watch);
      const watches = this.#reached.get(watch.owner);
      if (watches === undefined) this.#reached.set(watch.owner, new Set([watch]));
      else watches.add(watch);
    }
  }

  async #feed(transactions: readonly Transaction[]): Promise<void> {
    const { teller } = this.#options;
    let count = 0;
    for (const transaction of transactions) {
      this.#zxid = Math.max(this.#zxid, transaction.zxid - 1);
      this.#reach();
      // When no watch is left of those reached before, the reading moves on to where the next one begins.
      if (transaction.zxid <= this.#zxid) continue;
      const telling = this.table.isEmpty ? undefined : teller.tell(transaction, this);
      if (telling !== undefined) await telling;
      this.#zxid = transaction.zxid;
      this.#parkBacklogged();
      if (++count % replaySliceTransactions === 0 || teller.spent >= replaySliceEvents) await this.#flush();
      if (this.#stopped) return;
    }
    await this.#flush();
  }

  #parkBacklogged(): void {
    for (const stream of this.touched) if (stream.isBacklogged) this.#parkStream(stream);
  }

  /** The stream leaves the reading, until it has room again. */
  #parkStream(stream: WatchStream): void {
    const watches = this.#reached.get(stream);
    if (watches === undefined) return;
    this.#reached.delete(stream);
    const parked = [...watches].filter((watch) => !watch.over);
    for (const watch of parked) {
      this.table.remove(watch);
      watch.afterZxid = this.#zxid;
    }
    this.#park(stream, parked);
    stream.flush();
  }

  /** Sends what has been told so far, and lets everybody else have a turn. */
  async #flush(): Promise<void> {
    let bytes = 0;
    for (const stream of this.touched) {
      this.touched.delete(stream);
      bytes += stream.flush();
      if (stream.zxidContinues) this.touched.add(stream);
      if (bytes < flushSliceBytes) continue;
      await new Promise(setImmediate);
      bytes = 0;
    }
    await new Promise(setImmediate);
    this.#options.teller.rest();
  }

  /** Hands over some watches while the reading is at the visible state. Nothing can happen in between. */
  async #goLive(): Promise<void> {
    let count = 0;
    for (const watches of this.#reached.values()) {
      for (const watch of watches) {
        this.#forget(watch);
        if (watch.over) continue;
        this.table.remove(watch);
        watch.afterZxid = this.#zxid;
        this.#options.told(watch);
        if (++count === replaySliceWatches) {
          await new Promise((resolve) => setImmediate(resolve));
          return;
        }
      }
    }
  }

  /** A few at a time, and as many as their readers take. */
  async #cancelAll(refusal: Refusal): Promise<void> {
    let count = 0;
    for (const [stream, watches] of this.#reached) {
      for (const watch of watches) {
        if (stream.isBacklogged) {
          this.#parkStream(stream);
          break;
        }
        this.#forget(watch);
        if (watch.over) continue;
        watch.afterZxid = this.#zxid;
        this.#options.canceled(watch, refusal);
        if (++count % replaySliceWatches === 0) await new Promise(setImmediate);
      }
    }
  }

  #forget(watch: Watch<WatchStream>): void {
    const watches = this.#reached.get(watch.owner);
    watches?.delete(watch);
    if (watches?.size === 0) this.#reached.delete(watch.owner);
  }
}

function compacted(afterZxid: number, oldestZxid: number): Refusal {
  return {
    reason: "COMPACTED",
    message: `the changes after zxid ${afterZxid} are no longer kept, only those after ${oldestZxid}; read what is there now, and watch from there`,
    facts: { after_zxid: afterZxid, oldest_zxid: oldestZxid },
    field: "after_zxid",
  };
}
