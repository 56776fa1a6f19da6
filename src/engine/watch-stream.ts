import { Decider } from "../core/acl.ts";
import type { NodeEvent } from "../core/event.ts";
import type { Identity } from "../core/identity.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Watch } from "../core/watch.ts";
import { memoryUsedUpText } from "./memory-budget.ts";
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
  /** What the reader may see depends on who he is; and its watches count for these too. */
  readonly identities: readonly Identity[];
}

export interface WatchStreamOptions {
  readonly holder: WatchHolder;
  readonly sink: WatchSink;
  readonly nowMs: () => number;
  /** The zxid that is being told, if one is: what belongs to it waits until all of it has been. */
  readonly openZxid: () => number | undefined;
  /** Why the stream must end now that its reader has left too much unread: everything after this zxid. */
  readonly tooSlow: (stream: WatchStream, sentThrough: number) => Refusal;
}

/** One reader with its watches. Everything that it is told goes through its outbox, in order. */
export class WatchStream {
  readonly holder: WatchHolder;
  /** When the reader was last sent something: what its bookmarks are counted from. */
  sentMs: number;
  /** The latest change that was sent; a watch that catches up may be sent older ones after it. */
  sentZxid = 0;
  /** Events that were sent, each once, however many watches it fired. */
  sentEvents = 0;
  /** Watches that are still told of the past. */
  catchingUp = 0;
  /** It has asked for a bookmark, which has to wait for those. */
  bookmarkAsked = false;
  readonly watches = new Map<number, Watch<WatchStream>>();
  /** What their paths take in memory. */
  pathBytes = 0;
  readonly #options: WatchStreamOptions;
  readonly #decider: Decider;
  readonly #outbox = new Outbox();
  /**
   * Messages on their way. The next one waits for them, so that what waits for a slow reader waits here, bounded, and
   * goes out in one piece. The parts of a large zxid go together.
   */
  #onTheWay = 0;
  #sentBytes = 0;
  #zxidContinues = false;
  #flushing = false;
  #closed = false;
  #waitingForRoom: (() => void)[] = [];
  #finished: (() => void) | undefined;

  constructor(options: WatchStreamOptions) {
    this.holder = options.holder;
    this.#options = options;
    this.#decider = new Decider(options.holder.identities, "read");
    this.sentMs = options.nowMs();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Nothing waits, and nothing is on its way. */
  get isQuiet(): boolean {
    return this.#outbox.isEmpty && this.#onTheWay === 0;
  }

  get peer(): string {
    return this.holder.peer;
  }

  /** About the memory that it holds: what waits for its reader, and its watches' paths. The front holds what was sent. */
  get heldBytes(): number {
    return this.#closed ? 0 : this.waitingBytes + this.pathBytes;
  }

  /** What waits because its reader has not taken the message before. */
  get waitingBytes(): number {
    return this.#onTheWay === 0 ? 0 : this.#outbox.bytes;
  }

  /** What its reader has made room for since the start. */
  get movedBytes(): number {
    return this.#sentBytes;
  }

  get waitingEvents(): number {
    return this.#outbox.count;
  }

  /** The outbox is half full: whoever can wait with more should. */
  get isBacklogged(): boolean {
    return this.#outbox.isHalfFull;
  }

  /** Whether the reader may know of the event: by the node's list just after it, or the last one of a deleted node. */
  maySee({ node: { acl } }: NodeEvent): boolean {
    return this.#decider.permits(acl);
  }

  /** To know that: what it costs. */
  get aclEntriesLookedAt(): number {
    return this.#decider.lookedAt;
  }

  /** What to wait for before the reader asks for more: that it reads; undefined for nothing. Never, once it is closed. */
  room(): Promise<void> | undefined {
    return this.isBacklogged ? new Promise((resolve) => this.whenRoom(resolve)) : undefined;
  }

  /** Calls back, once, when there is room again; never when the stream closes before. */
  whenRoom(callback: () => void): void {
    this.#waitingForRoom.push(callback);
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

  /** Answers false, and tells nothing, once its zxid has told the stream as much as one zxid may. */
  pushEvent(event: NodeEvent, watch: Watch<WatchStream>): boolean {
    // What belongs to one zxid stays together: it is admitted when it begins.
    const goesOn = this.#outbox.endsWith(event.zxid) && !this.#closed;
    if (!goesOn && !this.#admit(event.zxid)) return true;
    return this.#outbox.pushEvent(event, watch.spec.form, watch.id);
  }

  /** @param toldZxid up to where a watch was told that ends by itself. */
  pushCanceled(
    watchId: number,
    refusal: Refusal | undefined,
    toldZxid: number = Number.POSITIVE_INFINITY,
  ): void {
    if (this.#admit(toldZxid + 1)) this.#outbox.push({ kind: "canceled", watchId, refusal, toldZxid });
  }

  pushBookmark(zxid: number): void {
    if (this.#admit()) this.#outbox.push({ kind: "bookmark", zxid });
  }

  /**
   * Sends the next message, unless one is still on its way: then it follows that one, and so does all that waits.
   * Answers how many bytes it sent.
   */
  flush(): number {
    let mayGoOn = this.#zxidContinues;
    const bytes = this.#sendWhile(() => {
      const may = this.#onTheWay === 0 || mayGoOn;
      mayGoOn = false;
      return may;
    });
    this.#checkFinished();
    return bytes;
  }

  /** What was sent last is a part of a zxid, and the next part may follow at once. */
  get zxidContinues(): boolean {
    return this.#zxidContinues && !this.#closed;
  }

  /** Ends the stream, after all that it was told before. */
  end(refusal: Refusal): void {
    this.#sendWhile(() => true);
    if (!this.#closed) this.#cut(refusal);
  }

  /** Ends the stream because its memory is needed, as if its reader had been too slow: it can go on from there. */
  shed(bytesMax: number): void {
    if (this.#closed) return;
    const { facts, ...refusal } = this.#options.tooSlow(this, this.#outbox.sentThrough);
    const message = `${memoryUsedUpText(bytesMax)}; watch again after zxid ${facts?.["last_zxid"]}`;
    this.#cut({ ...refusal, message, facts: { ...facts, limit: bytesMax } });
  }

  /** The reader is gone. */
  close(): void {
    this.#closed = true;
    this.#waitingForRoom = [];
  }

  #cut(refusal: Refusal): void {
    this.close();
    this.#options.sink.cut(refusal);
  }

  /** Whether there is room for one thing more, an event of this zxid say. If there is none, the stream ends. */
  #admit(zxid = Number.POSITIVE_INFINITY): boolean {
    if (this.#outbox.isFull) this.flush();
    if (this.#closed) return false;
    if (!this.#outbox.isFull) return true;
    this.#cut(this.#options.tooSlow(this, Math.min(this.#outbox.sentThrough, zxid - 1)));
    return false;
  }

  /** A loop, and one at a time, because a sink may say at once that it has sent. */
  #sendWhile(may: () => boolean): number {
    if (this.#flushing) return 0;
    this.#flushing = true;
    let bytes = 0;
    while (!this.#closed && may()) {
      const message = this.#outbox.take(this.#options.openZxid());
      if (message === undefined) break;
      bytes += message.bytes;
      this.#send(message);
    }
    this.#flushing = false;
    return bytes;
  }

  #send(message: WatchMessage): void {
    const { notices, bytes } = message;
    this.#onTheWay++;
    this.#sentBytes += bytes;
    this.#zxidContinues = message.zxidContinues;
    this.sentMs = this.#options.nowMs();
    this.sentEvents += notices.length;
    const last = notices.at(-1);
    if (last !== undefined) this.sentZxid = Math.max(this.sentZxid, last.event.zxid);
    this.#options.sink.send(message, () => this.#sent());
  }

  #sent(): void {
    this.#onTheWay--;
    this.flush();
    if (!this.#outbox.isHalfFull) for (const callback of this.#waitingForRoom.splice(0)) callback();
  }

  #checkFinished(): void {
    if (this.watches.size === 0 && this.isQuiet) this.#finished?.();
  }
}
