import type { NodeEvent } from "../core/event.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Watch } from "../core/watch.ts";
import { Outbox, type WatchMessage } from "./outbox.ts";

/** The way to the reader of a stream. */
export interface WatchSink {
  /** Sends a message; calls `sent`, later, when the next one may follow. */
  send(message: WatchMessage, sent: () => void): void;
  /** Ends the stream with a refusal. What was sent before still arrives. */
  cut(refusal: Refusal): void;
}

/** Who holds a stream, for operators. */
export interface WatchHolder {
  readonly peer: string;
  /** The session that the stream ends with; undefined for none. */
  readonly sessionId: number | undefined;
  /** The address for which its watches count; undefined for none. */
  readonly address?: string;
}

export interface WatchStreamOptions {
  readonly holder: WatchHolder;
  readonly sink: WatchSink;
  readonly nowMs: () => number;
  /** Why the stream must end now that its reader has left too much unread. */
  readonly tooSlow: (stream: WatchStream) => Refusal;
}

/** One reader with its watches. Everything that it is told goes through its outbox, in order. */
export class WatchStream {
  readonly holder: WatchHolder;
  /** When the reader was last sent something: what its bookmarks are counted from. */
  sentMs: number;
  /** The last change that was sent. */
  sentZxid = 0;
  /** Watches that are still told of the past. */
  catchingUp = 0;
  /** It has asked for a bookmark, which has to wait for those. */
  bookmarkAsked = false;
  readonly watches = new Map<number, Watch<WatchStream>>();
  readonly #options: WatchStreamOptions;
  readonly #outbox = new Outbox();
  /** One message at a time, so that what waits for a slow reader waits here, bounded, and goes out in one piece. */
  #sending = false;
  #closed = false;
  #room: (() => void) | undefined;
  #finished: (() => void) | undefined;

  constructor(options: WatchStreamOptions) {
    this.holder = options.holder;
    this.#options = options;
    this.sentMs = options.nowMs();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Nothing waits, and nothing is on its way. */
  get isQuiet(): boolean {
    return this.#outbox.isEmpty && !this.#sending;
  }

  get waitingEvents(): number {
    return this.#outbox.count;
  }

  /** The first change that was pushed and not sent. */
  get firstWaitingZxid(): number | undefined {
    return this.#outbox.firstZxid;
  }

  /** The outbox is half full: whoever can wait with more should. */
  get isBacklogged(): boolean {
    return this.#outbox.isHalfFull;
  }

  /** Calls back, once, when there is room again; never when the stream closes before. */
  whenRoom(callback: () => void): void {
    this.#room = callback;
  }

  /** Resolves when the last watch is over and its reader has been told. */
  finished(): Promise<void> {
    return new Promise((resolve) => {
      this.#finished = resolve;
      this.#checkFinished();
    });
  }

  pushAdded(watchId: number, zxid: number): void {
    if (this.#admit()) this.#outbox.push({ kind: "added", watchId, zxid });
  }

  pushEvent(event: NodeEvent, watch: Watch<WatchStream>): void {
    // What belongs to one zxid stays together: it is admitted when it begins.
    const goesOn = this.#outbox.endsWith(event.zxid) && !this.#closed;
    if (goesOn || this.#admit()) this.#outbox.pushEvent(event, watch.spec.form, watch.id);
  }

  pushCanceled(watchId: number, refusal: Refusal | undefined): void {
    if (this.#admit()) this.#outbox.push({ kind: "canceled", watchId, refusal });
  }

  pushBookmark(zxid: number): void {
    if (this.#admit()) this.#outbox.push({ kind: "bookmark", zxid });
  }

  /** Sends what waits, unless a message is still on its way: then it follows that one. */
  flush(): void {
    if (this.#sending || this.#closed) return;
    const message = this.#outbox.take();
    if (message !== undefined) this.#send(message);
  }

  /** Ends the stream, after all that it was told before. */
  end(refusal: Refusal): void {
    if (this.#closed) return;
    for (let message = this.#outbox.take(); message !== undefined; message = this.#outbox.take()) {
      this.#send(message);
    }
    this.#cut(refusal);
  }

  /** The reader is gone. */
  close(): void {
    this.#closed = true;
    this.#room = undefined;
  }

  #cut(refusal: Refusal): void {
    this.close();
    this.#options.sink.cut(refusal);
  }

  /** Whether there is room for one thing more. If there is none, the stream ends. */
  #admit(): boolean {
    if (this.#closed) return false;
    if (this.#outbox.isFull) this.flush();
    if (!this.#outbox.isFull) return true;
    this.#cut(this.#options.tooSlow(this));
    return false;
  }

  #send(message: WatchMessage): void {
    this.#sending = true;
    this.sentMs = this.#options.nowMs();
    const last = message.notices.at(-1);
    if (last !== undefined) this.sentZxid = last.event.zxid;
    this.#options.sink.send(message, () => this.#sent());
  }

  #sent(): void {
    this.#sending = false;
    this.flush();
    if (this.#room !== undefined && !this.#outbox.isHalfFull) {
      const room = this.#room;
      this.#room = undefined;
      room();
    }
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.watches.size === 0 && this.isQuiet) this.#finished?.();
  }
}
