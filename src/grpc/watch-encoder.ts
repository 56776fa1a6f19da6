import { isUtf8 } from "node:buffer";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  WatchCanceledSchema,
  WatchEventKind,
  WatchEventSchema,
  WatchResponseSchema,
} from "../../gen/ts/corral/v1/watch_pb.js";
import type { EventKind, NodeEvent } from "../core/event.ts";
import type { EventForm } from "../core/watch.ts";
import type { Notice, WatchMessage } from "../engine/outbox.ts";
import { int64 } from "./convert.ts";
import { ProtoWriter } from "./proto-writer.ts";
import { encodeStat } from "./stat-encoder.ts";
import { statusToProto } from "./status.ts";

const response = WatchResponseSchema.field;
const watchEvent = WatchEventSchema.field;

const kinds: Readonly<Record<EventKind, WatchEventKind>> = {
  nodeCreated: WatchEventKind.NODE_CREATED,
  nodeDataChanged: WatchEventKind.NODE_DATA_CHANGED,
  nodeDeleted: WatchEventKind.NODE_DELETED,
  nodeChildrenChanged: WatchEventKind.NODE_CHILDREN_CHANGED,
};

/** An event in one form, without the ids of watches: the same bytes for every stream. */
interface Encoded {
  readonly form: EventForm;
  readonly bytes: Uint8Array;
  /** The last whole message that told of it alone, and to which watch: many streams have the same. */
  solo?: { readonly watchId: number; readonly message: Uint8Array };
}

const encodedEvents = new WeakMap<NodeEvent, Encoded[]>();

/** A WatchResponse. An event is encoded once, however many streams are told of it. */
export function encodeWatchMessage(message: WatchMessage, bookmarkIntervalMs: number): Uint8Array {
  const [notice] = message.notices;
  if (message.notices.length === 1 && notice!.watchIds.length === 1 && isAlone(message)) {
    return encodeSolo(notice!);
  }
  const writer = new ProtoWriter(256 * (message.notices.length + message.added.length + 1));
  for (const { watchId, zxid } of message.added) {
    writer.message(response.added.number, encodeAdded(watchId, zxid));
  }
  for (const each of message.notices) writer.message(response.events.number, encodeNotice(each));
  for (const { watchId, refusal } of message.canceled) {
    const status = refusal && statusToProto(refusal);
    const canceled = create(WatchCanceledSchema, { watchId: int64(watchId), ...(status && { status }) });
    writer.message(response.canceled.number, toBinary(WatchCanceledSchema, canceled));
  }
  if (message.bookmarkZxid !== undefined) {
    writer.message(response.bookmark.number, encodeBookmark(message.bookmarkZxid, bookmarkIntervalMs));
  }
  return writer.finish();
}

function isAlone({ added, canceled, bookmarkZxid }: WatchMessage): boolean {
  return added.length === 0 && canceled.length === 0 && bookmarkZxid === undefined;
}

function encodeSolo(notice: Notice): Uint8Array {
  const encoded = encodedEvent(notice.event, notice.form);
  const [watchId] = notice.watchIds;
  if (encoded.solo?.watchId !== watchId) {
    const writer = new ProtoWriter(encoded.bytes.length + 32);
    writer.message(response.events.number, encodeNotice(notice));
    encoded.solo = { watchId: watchId!, message: writer.finish() };
  }
  return encoded.solo!.message;
}

function encodeNotice({ event, form, watchIds }: Notice): Uint8Array {
  const { bytes } = encodedEvent(event, form);
  const writer = new ProtoWriter(bytes.length + 16 + 8 * watchIds.length);
  writer.integers(watchEvent.watchIds.number, watchIds);
  writer.raw(bytes);
  return writer.finish();
}

function encodedEvent(event: NodeEvent, form: EventForm): Encoded {
  let all = encodedEvents.get(event);
  if (all === undefined) {
    all = [];
    encodedEvents.set(event, all);
  }
  let encoded = all.find((each) => each.form === form);
  if (encoded === undefined) {
    encoded = { form, bytes: encodeEvent(event, form) };
    all.push(encoded);
  }
  return encoded;
}

function encodeEvent(event: NodeEvent, form: EventForm): Uint8Array {
  const data = (form.withData && event.data) || noBytes;
  const previous = (form.withPreviousData && event.previousData) || noBytes;
  const writer = new ProtoWriter(128 + 3 * event.path.length + data.length + previous.length);
  writer.integer(watchEvent.kind.number, kinds[event.kind]);
  writer.text(watchEvent.path.number, event.path);
  writer.integer(watchEvent.zxid.number, event.zxid);
  writer.message(watchEvent.stat.number, encodeStat(event.node));
  const inText = (bytes: Uint8Array) => form.asText && isUtf8(bytes);
  writer.bytes(inText(data) ? watchEvent.text.number : watchEvent.data.number, data);
  writer.bytes(inText(previous) ? watchEvent.previousText.number : watchEvent.previousData.number, previous);
  const askedFor = form.withData || form.withPreviousData;
  writer.bool(watchEvent.dataOmitted.number, event.dataOmitted && askedFor);
  return writer.finish();
}

function encodeAdded(watchId: number, zxid: number): Uint8Array {
  const writer = new ProtoWriter(24);
  writer.integer(1, watchId);
  writer.integer(2, zxid);
  return writer.finish();
}

function encodeBookmark(zxid: number, nextInMs: number): Uint8Array {
  const writer = new ProtoWriter(24);
  writer.integer(1, zxid);
  writer.integer(2, nextInMs);
  return writer.finish();
}

const noBytes = new Uint8Array();
