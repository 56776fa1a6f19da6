import type { NodeEvent } from "../core/event.ts";
import type { Refusal } from "../core/refusal.ts";
import type { EventForm } from "../core/watch.ts";
import { eventDataBytesMax, outboxBytesMax, outboxEventsMax, watchMessageBytes } from "../limits.ts";

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
  readonly canceled: { readonly watchId: number; readonly refusal: Refusal | undefined }[];
  bookmarkZxid: number | undefined;
}

type Item =
  | { readonly kind: "added"; readonly watchId: number; readonly zxid: number }
  | NoticesItem
  | {
      readonly kind: "canceled";
      readonly watchId: number;
      readonly refusal: Refusal | undefined;
      /** Up to where the watch was told; infinite if that does not matter to its reader. */
      readonly toldZxid: number;
    }
  | { readonly kind: "bookmark"; readonly zxid: number };

/** What one zxid tells the stream: it goes out in one message. */
interface NoticesItem {
  readonly kind: "notices";
  readonly zxid: number;
  readonly notices: Notice[];
  bytes: number;
  /** Data among them. */
  dataBytes: number;
}

/** The order of the parts of a message. */
const partOf = { added: 0, notices: 1, canceled: 2, bookmark: 3 } as const;

/** About what an item takes beside its path and data. */
const itemBytes = 64;

/** What a further watch of an event takes: a stream may have a million on one path. */
const watchIdBytes = 8;

/** What waits for the reader of one stream, in the order in which it happened: bounded by whoever fills it. */
export class Outbox {
  #items: Item[] = [];
  #count = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Events and answers that wait. */
  get count(): number {
    return this.#count;
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

  pushEvent(event: NodeEvent, form: EventForm, watchId: number): void {
    let last = this.#items.at(-1);
    if (last?.kind !== "notices" || last.zxid !== event.zxid) {
      last = { kind: "notices", zxid: event.zxid, notices: [], bytes: 0, dataBytes: 0 };
      this.#items.push(last);
    }
    const notice = noticeOf(last.notices, event, form);
    if (notice !== undefined) {
      notice.watchIds.push(watchId);
      this.#grow(last, watchIdBytes);
      return;
    }
    const dataBytes = dataBytesOf(event, form);
    // Watches that want the same data in several forms are sent them several times, but still in one message.
    const fits = last.dataBytes + dataBytes <= eventDataBytesMax;
    last.notices.push({ event: fits ? event : withoutData(event), form, watchIds: [watchId] });
    if (fits) last.dataBytes += dataBytes;
    this.#grow(last, itemBytes + event.path.length + (fits ? dataBytes : 0));
    this.#count++;
  }

  #grow(item: NoticesItem, bytes: number): void {
    item.bytes += bytes;
    this.#bytes += bytes;
  }

  push(item: Exclude<Item, { kind: "notices" }>): void {
    this.#items.push(item);
    this.#bytes += itemBytes;
    this.#count++;
  }

  /** The next message, of about the size that messages have; undefined when nothing waits. */
  take(): WatchMessage | undefined {
    if (this.isEmpty) return undefined;
    const message: WatchMessage = { added: [], notices: [], canceled: [], bookmarkZxid: undefined };
    let taken = 0;
    for (let part = 0, bytes = 0; taken < this.#items.length; taken++) {
      const item = this.#items[taken]!;
      if (partOf[item.kind] < part || bytes >= watchMessageBytes) break;
      part = partOf[item.kind];
      bytes += item.kind === "notices" ? item.bytes : itemBytes;
      this.#move(item, message);
    }
    this.#items = taken === this.#items.length ? [] : this.#items.slice(taken);
    return message;
  }

  #move(item: Item, message: WatchMessage): void {
    switch (item.kind) {
      case "added":
        message.added.push(item);
        break;
      case "notices":
        for (const notice of item.notices) message.notices.push(notice);
        this.#count -= item.notices.length;
        this.#bytes -= item.bytes;
        return;
      case "canceled":
        message.canceled.push(item);
        break;
      case "bookmark":
        message.bookmarkZxid = item.zxid;
    }
    this.#count--;
    this.#bytes -= itemBytes;
  }
}

/** A stream is told of an event once, however many of its watches it fires, unless they want it in other forms. */
function noticeOf(notices: readonly Notice[], event: NodeEvent, form: EventForm): Notice | undefined {
  for (let i = notices.length - 1; i >= 0; i--) {
    const notice = notices[i]!;
    if (notice.event !== event && notice.event !== bareEvents.get(event)) return undefined;
    if (notice.form === form) return notice;
  }
  return undefined;
}

function dataBytesOf({ data, previousData }: NodeEvent, form: EventForm): number {
  let bytes = 0;
  if (form.withData) bytes += data?.length ?? 0;
  if (form.withPreviousData) bytes += previousData?.length ?? 0;
  return bytes;
}

const bareEvents = new WeakMap<NodeEvent, NodeEvent>();

/** The event with its data left out: one for all streams, like the event itself. */
function withoutData(event: NodeEvent): NodeEvent {
  const { kind, path, zxid, node } = event;
  const bare = bareEvents.get(event) ?? { kind, path, zxid, node, dataOmitted: true };
  bareEvents.set(event, bare);
  return bare;
}
