import type { Clock } from "../clock.ts";
import type { Transaction } from "../core/change.ts";
import { validatePath } from "../core/path.ts";
import { denied } from "../core/prepare/permission.ts";
import { noNode } from "../core/prepare/refusals.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Tree } from "../core/tree.ts";
import { Watch, type WatchKind, type WatchSpec } from "../core/watch.ts";
import { WatchTable } from "../core/watch-table.ts";
import type { Journal } from "../journal/journal.ts";
import {
  flushSliceBytes,
  flushSliceStreams,
  watchDropSlice,
  watchesMax,
  watchesPerStreamMax,
  watchPathBytesMax,
  watchPathBytesPerStreamMax,
} from "../limits.ts";
import type { WatchFigures } from "./figures.ts";
import type { CommitObserver } from "./group-commit.ts";
import type { MemoryHolder } from "./memory-budget.ts";
import { textBytes } from "./outbox-bytes.ts";
import { QuietClock } from "./quiet-clock.ts";
import { Replayer } from "./replayer.ts";
import { type ShareLimits, Shares } from "./shares.ts";
import { type Audience, Teller } from "./teller.ts";
import {
  noWatcher,
  tooManyOf,
  tooManyPathBytes,
  tooManyWatches,
  watcherTooSlow,
  zxidAhead,
} from "./watch-refusals.ts";
import { type WatchHolder, type WatchSink, WatchStream } from "./watch-stream.ts";

/** A watch to add. */
export interface WatchRequest {
  readonly id: number;
  readonly path: string;
  readonly spec: WatchSpec;
  /** Undefined: from now on. */
  readonly afterZxid: number | undefined;
}

export interface WatchHubOptions {
  readonly tree: Tree;
  readonly journal: Pick<Journal, "history">;
  readonly clock: Clock;
  readonly bookmarkIntervalMs: number;
  /** How many watches one holder may have, on all its streams. */
  readonly shareLimits: ShareLimits;
  /** The history cannot be read: the process must end. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Who is told of what. A transaction fires the live watches while it is applied, into the outboxes of their
 * streams, and these go out before anybody is answered. A watch that asks for the past is live once the replayer
 * has told it everything up to the visible state.
 */
export class WatchHub implements CommitObserver {
  readonly #options: WatchHubOptions;
  readonly #live = new WatchTable<WatchStream>();
  readonly #touched = new Set<WatchStream>();
  readonly #teller = new Teller();
  readonly #audience: Audience = {
    table: this.#live,
    touched: this.#touched,
    over: (watch) => this.#over(watch),
    refused: (watch) => this.#remove(watch),
  };
  readonly #replayer: Replayer;
  readonly #streams = new Set<WatchStream>();
  readonly #counts = new Map<WatchKind, number>();
  readonly #shares: Shares;
  readonly #quietClock: QuietClock;
  #size = 0;
  #pathBytes = 0;
  #tooSlowCount = 0;
  /** Events that were sent on streams which are over. */
  #sentEarlier = 0;
  #sending: PromiseWithResolvers<void> | undefined;
  #sentZxid: number;
  /** The transaction of which not all live watches have been told yet. */
  #firing: number | undefined;
  /** What is left of the watches of streams that have ended. */
  readonly #dropping: IterableIterator<Watch<WatchStream>>[] = [];

  constructor(options: WatchHubOptions) {
    const { tree, journal, clock, bookmarkIntervalMs, onFailure } = options;
    this.#options = options;
    this.#sentZxid = tree.zxid;
    this.#shares = new Shares(options.shareLimits);
    this.#replayer = new Replayer({
      tree,
      journal,
      onFailure,
      teller: this.#teller,
      told: (watch) => this.#goLive(watch),
      over: (watch) => {
        this.#over(watch);
        this.#caughtUp(watch.owner);
      },
      refused: (watch) => this.#remove(watch),
      canceled: (watch, refusal) => this.#revoke(watch, refusal),
    });
    this.#quietClock = new QuietClock(clock, bookmarkIntervalMs, (stream) => this.askBookmark(stream));
  }

  /** How long a stream may be silent before it is sent a bookmark, in milliseconds. */
  get bookmarkIntervalMs(): number {
    return this.#options.bookmarkIntervalMs;
  }

  /**
   * While it is there, the visible state shows changes that some streams have not been sent yet: who wants to
   * show that state to anybody waits for it.
   */
  get sending(): Promise<void> | undefined {
    return this.#sending?.promise;
  }

  /** The last change that every stream concerned has been sent, and all before it. */
  get sentZxid(): number {
    return this.#sending === undefined ? this.#options.tree.zxid : this.#sentZxid;
  }

  /** The open streams: what each holds, and a way to end it, for the budget of memory. */
  get streams(): Iterable<MemoryHolder> {
    return this.#streams;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** The number of watches. */
  get count(): number {
    return this.#size;
  }

  /** The number of watches of each kind. */
  get counts(): ReadonlyMap<WatchKind, number> {
    return this.#counts;
  }

  get catchingUp(): number {
    let count = 0;
    for (const stream of this.#streams) count += stream.catchingUp;
    return count;
  }

  get figures(): WatchFigures {
    let sentEvents = this.#sentEarlier;
    let waiting = 0;
    let waitingMost = 0;
    for (const stream of this.#streams) {
      sentEvents += stream.sentEvents;
      waiting += stream.waitingEvents;
      waitingMost = Math.max(waitingMost, stream.waitingEvents);
    }
    return { sentEvents, tooSlow: this.#tooSlowCount, waiting, waitingMost };
  }

  /** The live watches that a change at a path could fire. */
  watching(path: string): Generator<Watch<WatchStream>> {
    return this.#live.watching(path);
  }

  open(holder: WatchHolder, sink: WatchSink): WatchStream {
    const nowMs = () => this.#options.clock.monotonicMs();
    const stream = new WatchStream({
      holder,
      sink,
      nowMs,
      openZxid: () => this.#teller.zxid,
      tooSlow: (slow, sentThrough) => this.#tooSlow(slow, sentThrough),
    });
    this.#streams.add(stream);
    this.#quietClock.add(stream);
    return stream;
  }

  /** The stream is over, and its watches with it. */
  close(stream: WatchStream): void {
    stream.close();
    if (this.#streams.delete(stream)) this.#sentEarlier += stream.sentEvents;
    this.#touched.delete(stream);
    this.#dropping.push(stream.watches.values());
    if (this.#dropping.length === 1) this.#dropSome();
  }

  /** Adds a watch, or tells its stream why not. Its id must be free. */
  add(stream: WatchStream, request: WatchRequest): void {
    if (stream.isClosed) return;
    const { id, path, spec } = request;
    const refusal = this.#refusalOf(stream, request);
    if (refusal !== undefined) {
      stream.pushCanceled(id, refusal);
      return;
    }
    const now = this.#options.tree.zxid;
    const watch = new Watch(stream, id, path, spec, request.afterZxid ?? now);
    stream.watches.set(id, watch);
    this.#count(watch, 1);
    if (watch.afterZxid === now) {
      this.#live.add(watch);
    } else {
      stream.catchingUp++;
      this.#replayer.add(watch);
    }
    // Last, because the stream may end with it, and all that it has.
    stream.pushAdded(id, watch.afterZxid);
  }

  /** Cancels a watch of the stream, or tells it that there is none. */
  cancel(stream: WatchStream, id: number): void {
    const watch = stream.watches.get(id);
    if (watch === undefined) {
      stream.pushCanceled(id, noWatcher(id));
      return;
    }
    stream.pushCanceled(id, undefined);
    this.#remove(watch);
  }

  /** Sends the stream a bookmark, as soon as all its watches have caught up. */
  askBookmark(stream: WatchStream): void {
    stream.bookmarkAsked = true;
    // It must not speak of a transaction that the stream has not been told of.
    if (this.#sending !== undefined) this.#touched.add(stream);
    else this.#bookmarkIfDue(stream);
  }

  /** No transaction follows, and no bookmark. */
  stop(): void {
    this.#quietClock.stop();
    this.#replayer.stop();
  }

  applied(transaction: Transaction): Promise<void> | undefined {
    if (this.#live.isEmpty) return undefined;
    this.#firing = transaction.zxid;
    const telling = this.#teller.tell(transaction, this.#audience);
    if (telling === undefined) {
      this.#firing = undefined;
      return undefined;
    }
    this.#sending ??= Promise.withResolvers();
    return telling.then(() => {
      this.#firing = undefined;
    });
  }

  published(): Promise<void> | undefined {
    this.#teller.rest();
    this.#flushSome();
    return this.sending;
  }

  /** Sends to a slice of the streams at once, and to the others in later turns. */
  #flushSome(): void {
    let streams = 0;
    let bytes = 0;
    for (const stream of this.#touched) {
      if (streams === flushSliceStreams || bytes >= flushSliceBytes) {
        this.#sending ??= Promise.withResolvers();
        setImmediate(() => this.#flushSome());
        return;
      }
      this.#touched.delete(stream);
      streams++;
      bytes += stream.flush();
      if (stream.zxidContinues) this.#touched.add(stream);
      this.#bookmarkIfDue(stream);
    }
    this.#sending?.resolve();
    this.#sending = undefined;
    this.#sentZxid = this.#options.tree.zxid;
  }

  /** A watch has been told of the past: nothing happens between that and this. */
  #goLive(watch: Watch<WatchStream>): void {
    this.#live.add(watch);
    this.#caughtUp(watch.owner);
  }

  /** One watch less that is told of the past. After the last, its reader learns that it is up to date. */
  #caughtUp(stream: WatchStream): void {
    stream.catchingUp--;
    if (stream.catchingUp === 0) this.askBookmark(stream);
  }

  #bookmarkIfDue(stream: WatchStream): void {
    if (!stream.bookmarkAsked || stream.catchingUp > 0 || stream.isClosed) return;
    stream.bookmarkAsked = false;
    stream.pushBookmark(this.#options.tree.zxid);
    stream.flush();
  }

  /** It has fired for the last time. */
  #over(watch: Watch<WatchStream>): void {
    const { owner } = watch;
    owner.watches.delete(watch.id);
    this.#count(watch, -1);
  }

  #revoke(watch: Watch<WatchStream>, refusal: Refusal): void {
    // First, because the bookmark that may follow speaks of the watches that are left.
    watch.owner.pushCanceled(watch.id, refusal, watch.afterZxid);
    this.#remove(watch);
    watch.owner.flush();
  }

  /** Nothing, if it is over already: whatever a stream is told may end it at once, and its watches with it. */
  #remove(watch: Watch<WatchStream>): void {
    if (watch.over) return;
    const wasLive = watch.table === this.#live;
    watch.table?.remove(watch);
    watch.over = true;
    this.#over(watch);
    if (!wasLive) this.#caughtUp(watch.owner);
  }

  /** A few at a time: streams may end with a million watches, and everybody else's calls go on. */
  #dropSome(): void {
    for (let count = 0; count < watchDropSlice && this.#dropping.length > 0; count++) {
      const { done, value: watch } = this.#dropping[0]!.next();
      if (done) this.#dropping.shift();
      else this.#remove(watch);
    }
    if (this.#dropping.length > 0) setImmediate(() => this.#dropSome());
  }

  #count({ spec: { kind }, owner, path }: Watch<WatchStream>, difference: 1 | -1): void {
    this.#size += difference;
    const pathBytes = difference * textBytes(path);
    this.#pathBytes += pathBytes;
    owner.pathBytes += pathBytes;
    this.#shares.add(this.#shares.principalsOf(owner.holder), difference);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + difference);
  }

  #refusalOf(stream: WatchStream, { path, spec, afterZxid }: WatchRequest): Refusal | undefined {
    const { tree } = this.#options;
    const badPath = validatePath(path);
    if (badPath !== undefined) return badPath;
    if (this.#size >= watchesMax) return tooManyWatches("server", watchesMax);
    if (stream.watches.size >= watchesPerStreamMax) return tooManyWatches("stream", watchesPerStreamMax);
    const pathBytes = textBytes(path);
    if (this.#pathBytes + pathBytes > watchPathBytesMax) return tooManyPathBytes("server", watchPathBytesMax);
    if (stream.pathBytes + pathBytes > watchPathBytesPerStreamMax) {
      return tooManyPathBytes("stream", watchPathBytesPerStreamMax);
    }
    const full = this.#shares.full(this.#shares.principalsOf(stream.holder));
    if (full !== undefined) return tooManyOf(full);
    if (afterZxid !== undefined && afterZxid > tree.zxid) return zxidAhead(afterZxid, tree.zxid);
    // A read that fails leaves no watch in ZooKeeper, except for exists. That holds for one after an earlier zxid
    // too: its silent end would tell when a node changes to a caller that may not read it.
    const node = isOneShot(spec.kind) ? tree.node(path) : undefined;
    if (node !== undefined) return denied("read", path, node, stream.holder.identities);
    if (afterZxid !== undefined) return undefined;
    return spec.kind === "data" || spec.kind === "children" ? noNode(path) : undefined;
  }

  /** Says from where the reader can go on: everything up to there was sent. */
  #tooSlow(stream: WatchStream, sentThrough: number): Refusal {
    this.#tooSlowCount++;
    const told = this.#firing === undefined ? this.#options.tree.zxid : this.#firing - 1;
    return watcherTooSlow(Math.min(sentThrough, told, this.#replayer.toldZxid(stream)));
  }
}

/** These come with a read in ZooKeeper, and so take what that read takes; the others take nothing. */
function isOneShot(kind: WatchKind): boolean {
  return kind === "data" || kind === "children" || kind === "exists";
}
