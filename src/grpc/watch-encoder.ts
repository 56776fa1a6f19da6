import { isUtf8 } from "node:buffer";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  WatchAddedSchema,
  WatchBookmarkSchema,
  WatchCanceledSchema,
  WatchEventKind,
  WatchEventSchema,
  WatchResponseSchema,
} from "../../gen/ts/corral/v1/watch_pb.js";
import type { EventKind, NodeEvent } from "../core/event.ts";
import { statOf } from "../core/node.ts";
import type { EventForm } from "../core/watch.ts";
import type { Notice, WatchMessage } from "../engine/outbox.ts";
import { int64 } from "./convert.ts";
import { integersBytes, ProtoWriter } from "./proto-writer.ts";
import { StatEncoder } from "./stat-encoder.ts";
import { statusToProto } from "./status.ts";

const response = WatchResponseSchema.field;
const added = WatchAddedSchema.field;
const bookmark = WatchBookmarkSchema.field;
const watchEvent = WatchEventSchema.field;

const kinds: Readonly<Record<EventKind, WatchEventKind>> = {
  nodeCreated: WatchEventKind.NODE_CREATED,
  nodeDataChanged: WatchEventKind.NODE_DATA_CHANGED,
  nodeDeleted: WatchEventKind.NODE_DELETED,
  nodeChildrenChanged: WatchEventKind.NODE_CHILDREN_CHANGED,
};

/** An event in one form, without the ids of watches: the same bytes for every stream. */
interface EncodedEvent {
  readonly form: EventForm;
  readonly bytes: Uint8Array;
}

/**
 * Makes WatchResponses. An event is encoded once, however many streams are told of it; a message that is like the
 * one before, as when many clients watch the same, is not even put together again.
 */
export class WatchEncoder {
  readonly #bookmarkIntervalMs: number;
  readonly #message = new ProtoWriter();
  /** For the messages inside of messages, innermost last. */
  readonly #part = new ProtoWriter();
  readonly #stat = new StatEncoder();
  #last: { readonly notices: readonly Notice[]; readonly bytes: Uint8Array } | undefined;

  constructor(bookmarkIntervalMs: number) {
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
  }

  encode(message: WatchMessage): Uint8Array {
    const { notices } = message;
    const eventsOnly =
      message.added.length + message.canceled.length === 0 &&
      message.bookmarkZxid === undefined &&
      !message.zxidContinues;
    if (!eventsOnly) return this.#encode(message);
    if (this.#last === undefined || !areAlike(this.#last.notices, notices)) {
      this.#last = { notices, bytes: this.#encode(message) };
    }
    return this.#last.bytes;
  }

  #encode(message: WatchMessage): Uint8Array {
    const writer = this.#message.clear();
    for (const each of message.added) writer.message(response.added.number, this.#added(each));
    for (const notice of message.notices) this.#writeNotice(notice);
    for (const each of message.canceled) writer.message(response.canceled.number, canceled(each));
    if (message.bookmarkZxid !== undefined) {
      writer.message(response.bookmark.number, this.#bookmark(message.bookmarkZxid));
    }
    writer.bool(response.zxidContinues.number, message.zxidContinues);
    return writer.finish();
  }

  #writeNotice({ event, form, watchIds }: Notice): void {
    const bytes = this.#event(event, form);
    const writer = this.#message;
    writer.messageOf(response.events.number, integersBytes(watchIds) + bytes.length);
    writer.integers(watchEvent.watchIds.number, watchIds);
    writer.append(bytes);
  }

  #event(event: NodeEvent, form: EventForm): Uint8Array {
    event.encoded ??= [];
    const encoded = event.encoded as EncodedEvent[];
    const known = encoded.find((each) => each.form === form);
    if (known !== undefined) return known.bytes;
    const bytes = this.#encodeEvent(event, form);
    encoded.push({ form, bytes });
    return bytes;
  }

  #encodeEvent(event: NodeEvent, form: EventForm): Uint8Array {
    const data = (form.withData && event.data) || noBytes;
    const previous = (form.withPreviousData && event.previousData) || noBytes;
    const isText = (bytes: Uint8Array) => form.asText && isUtf8(bytes);
    const writer = this.#part.clear();
    writer.integer(watchEvent.kind.number, kinds[event.kind]);
    writer.text(watchEvent.path.number, event.path);
    writer.integer(watchEvent.zxid.number, event.zxid);
    writer.message(watchEvent.stat.number, this.#stat.encode(statOf(event.node)));
    writer.bytes(isText(data) ? watchEvent.text.number : watchEvent.data.number, data);
    const { previousData, previousText } = watchEvent;
    writer.bytes(isText(previous) ? previousText.number : previousData.number, previous);
    writer.bool(watchEvent.dataOmitted.number, event.dataOmitted && asksForData(event, form));
    writer.integer(watchEvent.deletedMs.number, event.deletedMs ?? 0);
    return writer.finish();
  }

  #added({ watchId, zxid }: WatchMessage["added"][number]): Uint8Array {
    const writer = this.#part.clear();
    writer.integer(added.watchId.number, watchId);
    writer.integer(added.zxid.number, zxid);
    return writer.finish();
  }

  #bookmark(zxid: number): Uint8Array {
    const writer = this.#part.clear();
    writer.integer(bookmark.zxid.number, zxid);
    writer.integer(bookmark.nextInMs.number, this.#bookmarkIntervalMs);
    return writer.finish();
  }
}

/** Whether two messages of events come to the same bytes. */
function areAlike(some: readonly Notice[], others: readonly Notice[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ event, form, watchIds }, i) => {
      const other = others[i]!;
      return (
        event === other.event &&
        form === other.form &&
        watchIds.length === other.watchIds.length &&
        watchIds.every((id, at) => id === other.watchIds[at])
      );
    })
  );
}

/** Whether the event, when nothing is left out, carries data that the form asks for. */
function asksForData({ kind }: NodeEvent, { withData, withPreviousData }: EventForm): boolean {
  return (withData && kind !== "nodeDeleted") || (withPreviousData && kind !== "nodeCreated");
}

/** Rare, and with the details of errors: made by the generated code. */
function canceled({ watchId, refusal }: WatchMessage["canceled"][number]): Uint8Array {
  const status = refusal && statusToProto(refusal);
  const message = create(WatchCanceledSchema, { watchId: int64(watchId), ...(status && { status }) });
  return toBinary(WatchCanceledSchema, message);
}

const noBytes = new Uint8Array();
