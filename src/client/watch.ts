import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { WatchAddSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { CorralError } from "./errors.ts";
import { watchQueueBytesMax, watchQueueEventsMax } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import { Queue } from "./queue.ts";
import { isOneShot, type WatchEvent, type WatchKind, watchKindToProto } from "./watch-event.ts";

/** What to watch for, and from when. */
export interface WatchOptions {
  /** "persistentRecursive" by default; "subtree" when there is a `depth`. */
  readonly kind?: WatchKind | undefined;
  /** Subtrees only: 0 for the node alone, 1 for it and its children; all levels by default. */
  readonly depth?: 0 | 1 | undefined;
  /**
   * Be told of every change after this zxid: that of a read, to follow it without a gap, or that of the last event
   * that was handled, to go on where a program stopped. By default, of those from now on.
   */
  readonly afterZxid?: number | undefined;
  /** Ends the watch when everything up to this zxid has been told, and tells nothing after it. Default: it goes on. */
  readonly throughZxid?: number | undefined;
  /** Put the new data into events; false by default. */
  readonly withData?: boolean | undefined;
  /** Put the data from before into events; false by default. */
  readonly withPreviousData?: boolean | undefined;
  /** Ends the watch when it is aborted: the iterator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a watch gets its events from. */
export interface WatchSource {
  readonly namespace: Namespace;
  /** Tell the watch of what comes after its `afterZxid`. */
  add(watch: Watch): void;
  /** Tell it no more. */
  remove(watch: Watch): void;
}

interface Waiter {
  resolve(result: IteratorResult<WatchEvent, undefined>): void;
  reject(reason: unknown): void;
}

/**
 * A watch, as its reader sees it: events one by one, each once, in order, over broken connections and restarts of
 * the server. A one-shot watch ends after its event. What cannot be told, as after COMPACTED, is thrown.
 *
 * It holds a bounded number of events. A reader that is slower than that has its watch taken off the stream, and
 * put back, after the last event that it has, when there is room again. No other watch waits for it.
 */
export class Watch implements AsyncIterableIterator<WatchEvent, undefined>, AsyncDisposable {
  readonly path: string;
  readonly kind: WatchKind;
  /** Resolves, when the server has added the watch, with the zxid after which it tells. */
  readonly ready: Promise<number>;
  readonly #options: WatchOptions;
  readonly #source: WatchSource;
  readonly #queue = new Queue<WatchEvent>();
  readonly #waiters = new Queue<Waiter>();
  readonly #ready = Promise.withResolvers<number>();
  readonly #abort = () => this.end(this.#options.signal?.reason);
  #queuedBytes = 0;
  /** Everything up to here has been told; undefined as long as the server has not said where it begins. */
  #toldZxid: number | undefined;
  #parked = false;
  #over = false;
  #error: unknown;

  /** @internal use `client.watch`. */
  constructor(path: string, options: WatchOptions, source: WatchSource) {
    this.path = path;
    this.kind = options.kind ?? (options.depth === undefined ? "persistentRecursive" : "subtree");
    this.#options = options;
    this.#source = source;
    this.#toldZxid = options.afterZxid;
    this.ready = this.#ready.promise;
    // Who does not ask when the watch is ready need not care that it never was.
    this.ready.catch(() => {});
    const wrong = this.#fault();
    if (options.signal?.aborted) this.#abort();
    else if (wrong !== undefined) this.end(wrong);
    else {
      options.signal?.addEventListener("abort", this.#abort, { once: true });
      source.add(this);
    }
  }

  /**
   * Everything up to this zxid has been handed out: what to give as `afterZxid` to another watch, of another
   * process say, that is to go on from here. Undefined until the watch is ready.
   */
  get zxid(): number | undefined {
    const next = this.#queue.head;
    return next === undefined ? this.#toldZxid : next.zxid - 1;
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    const event = this.#queue.shift();
    if (event !== undefined) {
      this.#queuedBytes -= bytesOf(event);
      if (this.#parked && this.#isHalfEmpty) {
        this.#parked = false;
        this.#source.add(this);
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#over) return this.#end();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Cancels the watch; what waits is dropped. */
  return(): Promise<IteratorResult<WatchEvent, undefined>> {
    while (this.#queue.shift() !== undefined);
    this.end();
    this.#error = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** @internal How the server is asked for it. */
  toProto(watchId: bigint): MessageInitShape<typeof WatchAddSchema> {
    const { depth, withData = false, withPreviousData = false } = this.#options;
    return {
      watchId,
      path: this.#source.namespace.toServer(this.path),
      kind: watchKindToProto[this.kind],
      withData,
      withPreviousData,
      ...(depth === undefined ? {} : { depth }),
      ...(this.#toldZxid === undefined ? {} : { afterZxid: BigInt(this.#toldZxid) }),
    };
  }

  /** @internal The server has added it: it tells of what comes after this zxid. */
  added(zxid: number): void {
    this.#toldZxid ??= zxid;
    this.#ready.resolve(this.#toldZxid);
  }

  /** @internal An event. Those of one zxid come together, and then `told`. */
  push(event: WatchEvent): void {
    if (this.#over || event.zxid > this.#throughZxid) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value: event });
    else {
      this.#queue.push(event);
      this.#queuedBytes += bytesOf(event);
    }
    if (isOneShot(this.kind)) this.end();
  }

  /** @internal All events up to this zxid have been pushed. */
  told(zxid: number): void {
    if (this.#toldZxid === undefined || this.#toldZxid < zxid) this.#toldZxid = zxid;
    if (zxid >= this.#throughZxid) this.end();
    if (this.#parked || this.#over || !this.#isFull) return;
    this.#parked = true;
    this.#source.remove(this);
  }

  /** @internal It is told nothing more. What waits can still be read, and after that the error is thrown. */
  end(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#source.remove(this);
    this.#ready.reject(error ?? new CorralError("CLIENT_CLOSED", "the watch is over"));
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift())
      this.#end().then(waiter.resolve, waiter.reject);
  }

  /** What keeps it from being asked for. On the stream it would take all other watches along. */
  #fault(): CorralError | undefined {
    try {
      toBinary(WatchAddSchema, create(WatchAddSchema, this.toProto(1n)));
      const { throughZxid } = this.#options;
      if (throughZxid !== undefined && Number.isNaN(Number(throughZxid)))
        throw new TypeError("throughZxid must be a number");
      return undefined;
    } catch (cause) {
      const details = { code: "INVALID_ARGUMENT", cause } as const;
      return new CorralError(
        "BAD_ARGUMENTS",
        `the watch cannot be added: ${(cause as Error).message}`,
        details,
      );
    }
  }

  get #throughZxid(): number {
    return this.#options.throughZxid ?? Number.POSITIVE_INFINITY;
  }

  get #isFull(): boolean {
    return this.#queue.size >= watchQueueEventsMax || this.#queuedBytes >= watchQueueBytesMax;
  }

  get #isHalfEmpty(): boolean {
    return this.#queue.size <= watchQueueEventsMax / 2 && this.#queuedBytes <= watchQueueBytesMax / 2;
  }

  /** The error once, and after that the end, as of any iterator. */
  #end(): Promise<IteratorResult<WatchEvent, undefined>> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }
}

function bytesOf({ data, previousData }: WatchEvent): number {
  return data.length + previousData.length;
}
