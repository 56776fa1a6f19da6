import type { Transaction } from "../core/change.ts";
import { eventsOf, type NodeEvent } from "../core/event.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Watch } from "../core/watch.ts";
import type { WatchTable } from "../core/watch-table.ts";
import { firedSliceMax, watchIdsPerZxidMax } from "../limits.ts";
import type { WatchStream } from "./watch-stream.ts";

/** Watches that are told of transactions together: the live ones, or those of a replay. */
export interface Audience {
  readonly table: WatchTable<WatchStream>;
  /** Streams that were told something and wait to be flushed. */
  readonly touched: Set<WatchStream>;
  /** The watch has fired for the last time. */
  over(watch: Watch<WatchStream>): void;
  /** The watch could not be told, and its reader knows: it is over. */
  refused(watch: Watch<WatchStream>): void;
}

/**
 * Tells watches of transactions: the one place where an event meets a reader. A transaction that fires very many
 * watches is told in slices, and everybody else has a turn between them. Whatever else is to be told waits for its
 * end, so that what one zxid means to a stream stays together.
 */
export class Teller {
  #turn: Promise<void> | undefined;
  #zxid: number | undefined;
  /** Watches fired, and entries of access lists looked at for that, since everybody else had a turn. */
  #spent = 0;

  /** What is being told: a stream may have been told a part of it only. */
  get zxid(): number | undefined {
    return this.#zxid;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Everybody else has a turn now. */
  rest(): void {
    this.#spent = 0;
  }

  /** Answers, unless all of it was told at once, when it has been. */
  tell(transaction: Transaction, audience: Audience): Promise<void> | undefined {
    if (this.#turn !== undefined) return this.#turn.then(() => this.tell(transaction, audience));
    this.#zxid = transaction.zxid;
    const telling = this.#fire(transaction, audience);
    if (this.#isDone(telling)) return undefined;
    this.#turn = this.#goOn(telling);
    return this.#turn;
  }

  async #goOn(telling: Iterator<void>): Promise<void> {
    do {
      await new Promise(setImmediate);
      this.rest();
    } while (!this.#isDone(telling));
    this.#turn = undefined;
  }

  #isDone(telling: Iterator<void>): boolean {
    const { done = false } = telling.next();
    if (done) this.#zxid = undefined;
    return done;
  }

  /** Yields after each slice. */
  *#fire(transaction: Transaction, audience: Audience): Generator<void, void> {
    for (const event of eventsOf(transaction)) {
      this.#spent++;
      for (const watch of audience.table.fire(event)) {
        this.#tellOne(event, watch, audience);
        if (this.#spent >= firedSliceMax) yield;
      }
      if (this.#spent >= firedSliceMax) yield;
    }
  }

  #tellOne(event: NodeEvent, watch: Watch<WatchStream>, audience: Audience): void {
    const { owner } = watch;
    // Asked first: its reader may be so slow that the stream ends here, and its watches with it.
    const isLast = watch.over;
    const lookedAt = owner.aclEntriesLookedAt;
    audience.touched.add(owner);
    // As in ZooKeeper, a one-shot watch is over also when its reader may not see why.
    const isRefused = owner.maySee(event) && !owner.pushEvent(event, watch);
    if (isRefused) owner.pushCanceled(watch.id, tooManyFired, event.zxid - 1);
    if (isLast) audience.over(watch);
    else if (isRefused) audience.refused(watch);
    this.#spent += 1 + owner.aclEntriesLookedAt - lookedAt;
  }
}

const tooManyFired: Refusal = {
  reason: "TOO_MANY_WATCHES",
  message: `one transaction fires the watches of this stream more than ${watchIdsPerZxidMax} times; watch less, or watch on several streams`,
  facts: { limit: watchIdsPerZxidMax },
};
