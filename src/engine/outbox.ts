import type { NodeEvent } from "../core/event.ts";
import type { Refusal } from "../core/refusal.ts";
import type { EventForm } from "../core/watch.ts";
import {
  eventDataBytesMax,
  outboxBytesMax,
  outboxEventsMax,
  watchIdsPerZxidMax,
  watchMessageBytes,
  watchMessageBytesMax,
  watchMessageEventsMax,
} from "../limits.ts";
import { canceledBytes, dataBytesOf, eventBytes, itemBytes, watchIdBytes } from "./outbox-bytes.ts";

/** An event, and the watches of one stream that are told of it in the same form. */
export interface Notice {
  readonly event: NodeEvent;
  readonly form: EventForm;
  readonly watchIds: number[];
}

/** One message of a watch stream: corral.v1.WatchResponse. Its parts happened in this order. */
export interface WatchMessage {
  readonly added: { readonly watchId: number; readonly zxid: number }[];
  readonly notices: Notice[];
  /** The last zxid of the notices goes on in the next message, which begins with the rest. */
  zxidContinues: boolean;
  readonly canceled: { readonly watchId: number; readonly refusal: Refusal | undefined }[];
  bookmarkZxid: number | undefined;
  /** What it takes: not less than its encoding. */
  bytes: number;
}

/** An answer, or a bookmark. */
type Single =
  | { readonly kind: "added"; readonly watchId: number; readonly zxid: number }
  | {
      readonly kind: "canceled";
      readonly watchId: number;
      readonly refusal: Refusal | undefined;
      /** Up to where the watch was told; infinite if that does not matter to its reader. */
      readonly toldZxid: number;
    }
  | { readonly kind: "bookmark"; readonly zxid: number };

type Item = Single | NoticesItem;

/** What one zxid tells the stream: it goes out in one go. */
interface NoticesItem {
  readonly kind: "notices";
  readonly zxid: number;
  readonly notices: Waiting[];
  /** How many of them have been taken. */
  taken: number;
  /** Of those that have not. */
  bytes: number;
  /** Data among all of them. */
  dataBytes: number;
  /** Watches that were told, once for each event. */
  told: number;
}

interface Waiting extends Notice {
  bytes: number;
}

/** The order of the parts of a message. */
const partOf = { added: 0, notices: 1, canceled: 2, bookmark: 3 } as const;

/** What waits for the reader of one stream, in the order in which it happened: bounded by whoever fills it. */
export class Outbox {
  #items: Item[] = [];
  #count = 0;
  #bytes = 0;
  /** The zxid of which the stream was told as much as one zxid may tell it. */
  #usedUp = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Events and answers that wait. */
  get count(): number {
    return this.#count;
  }

  /** What they take: not less than their encoding. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing more may be pushed. A transaction that was begun may still be finished. */
  get isFull(): boolean {
    return this.#count >= outboxEventsMax || this.#bytes >= outboxBytesMax;
  }

  /** Whoever can wait should. */
  get isHalfFull(): boolean {
    return this.#count >= outboxEventsMax / 2 || this.#bytes >= outboxBytesMax / 2;
  }

  /**
   * Everything up to this zxid was sent; infinite if nothing waits. What waits first need not be the oldest: a
   * watch that catches up lags behind, and one that could not be told everything ends earlier still.
   */
  get sentThrough(): number {
    let zxid = Number.POSITIVE_INFINITY;
    for (const item of this.#items) {
      if (item.kind === "notices") zxid = Math.min(zxid, item.zxid - 1);
      else if (item.kind === "canceled") zxid = Math.min(zxid, item.toldZxid);
    }
    return zxid;
  }

  /** Whether the last event that was pushed, if it still waits, belongs to this zxid. */
  endsWith(zxid: number): boolean {
    const last = this.#items.at(-1);
    return last?.kind === "notices" && last.zxid === zxid;
  }

  /** Answers false, and pushes nothing, once its zxid has told the stream as much as one zxid may. */
  pushEvent(event: NodeEvent, form: EventForm, watchId: number): boolean {
    let last = this.#items.at(-1);
    if (last?.kind !== "notices" || last.zxid !== event.zxid) {
      if (event.zxid === this.#usedUp) return false;
      last = { kind: "notices", zxid: event.zxid, notices: [], taken: 0, bytes: 0, dataBytes: 0, told: 0 };
      this.#items.push(last);
    }
    if (last.told === watchIdsPerZxidMax) {
      this.#usedUp = event.zxid;
      return false;
    }
    last.told++;
    const notice = noticeOf(last.notices, event, form) ?? this.#begin(last, event, form);
    notice.watchIds.push(watchId);
    this.#grow(last, notice, watchIdBytes);
    return true;
  }

  #begin(item: NoticesItem, event: NodeEvent, form: EventForm): Waiting {
    const dataBytes = dataBytesOf(event, form);
    // Watches that want the same data in several forms are sent them several times, but within the same bounds.
    const fits = item.dataBytes + dataBytes <= eventDataBytesMax;
    const notice = { event: fits ? event : withoutData(event), form, watchIds: [], bytes: 0 };
    item.notices.push(notice);
    if (fits) item.dataBytes += dataBytes;
    this.#grow(item, notice, eventBytes(event) + (fits ? dataBytes : 0));
    this.#count++;
    return notice;
  }

  #grow(item: NoticesItem, notice: Waiting, bytes: number): void {
    notice.bytes += bytes;
    item.bytes += bytes;
    this.#bytes += bytes;
  }

  push(item: Single): void {
    this.#items.push(item);
    this.#bytes += bytesOf(item);
    this.#count++;
  }

  /**
   * The next message, of about the size that messages have; undefined when nothing may go out.
   * @param openZxid of which more may be pushed: it waits until that is over.
   */
  take(openZxid?: number): WatchMessage | undefined {
    const message = emptyMessage();
    let taken = 0;
    for (let part = 0; taken < this.#items.length && !message.zxidContinues; taken++) {
      const item = this.#items[taken]!;
      const bytes = bytesOf(item);
      const isOpen = item.kind === "notices" && item.zxid === openZxid && taken === this.#items.length - 1;
      if (isOpen || partOf[item.kind] < part || !hasRoom(message, bytes)) break;
      part = partOf[item.kind];
      if (item.kind === "notices") this.#moveNotices(item, message);
      else this.#move(item, bytes, message);
    }
    if (taken === 0) return undefined;
    // What goes on in the next message stays.
    if (message.zxidContinues) taken--;
    this.#items = taken === this.#items.length ? [] : this.#items.slice(taken);
    return message;
  }

  /** As many as one message takes, at least one. */
  #moveNotices(item: NoticesItem, message: WatchMessage): void {
    const { notices } = item;
    for (let notice = notices[item.taken]; notice !== undefined; notice = notices[++item.taken]) {
      const isFull =
        message.bytes + notice.bytes > watchMessageBytesMax ||
        message.notices.length >= watchMessageEventsMax;
      if (isFull && message.bytes > 0) {
        message.zxidContinues = true;
        return;
      }
      message.notices.push(notice);
      message.bytes += notice.bytes;
      item.bytes -= notice.bytes;
      this.#bytes -= notice.bytes;
      this.#count--;
    }
  }

  #move(item: Single, bytes: number, message: WatchMessage): void {
    if (item.kind === "bookmark") message.bookmarkZxid = item.zxid;
    else if (item.kind === "added") message.added.push(item);
    else message.canceled.push(item);
    message.bytes += bytes;
    this.#bytes -= bytes;
    this.#count--;
  }
}

function emptyMessage(): WatchMessage {
  return {
    added: [],
    notices: [],
    zxidContinues: false,
    canceled: [],
    bookmarkZxid: undefined,
    bytes: 0,
  };
}

/** Whether an item of this size goes into the message as a whole, or must, because nothing else is in it. */
function hasRoom(message: WatchMessage, bytes: number): boolean {
  if (message.bytes === 0) return true;
  return message.bytes < watchMessageBytes && message.bytes + bytes <= watchMessageBytesMax;
}

function bytesOf(item: Item): number {
  if (item.kind === "notices") return item.bytes;
  return item.kind === "canceled" ? canceledBytes(item.refusal) : itemBytes;
}

/** A stream is told of an event once, however many of its watches it fires, unless they want it in other forms. */
function noticeOf(notices: readonly Waiting[], event: NodeEvent, form: EventForm): Waiting | undefined {
  for (let i = notices.length - 1; i >= 0; i--) {
    const notice = notices[i]!;
    if (notice.event !== event && notice.event !== bareEvents.get(event)) return undefined;
    if (notice.form === form) return notice;
  }
  return undefined;
}

const bareEvents = new WeakMap<NodeEvent, NodeEvent>();

/** The event with its data left out: one for all streams, like the event itself. */
function withoutData(event: NodeEvent): NodeEvent {
  const { kind, path, zxid, node } = event;
  const bare = bareEvents.get(event) ?? { kind, path, zxid, node, dataOmitted: true };
  bareEvents.set(event, bare);
  return bare;
}
