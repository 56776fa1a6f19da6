import {
  type WatchEvent as ProtoEvent,
  WatchEventKind as ProtoEventKind,
  WatchKind as ProtoKind,
} from "../../gen/ts/corral/v1/watch_pb.js";
import type { Namespace } from "./namespace.ts";
import { type Stat, statFromProto, textOf } from "./node.ts";

/**
 * What a watch is told of. "data", "exists" and "children" are ZooKeeper's one-shot watches, "persistent" and
 * "persistentRecursive" its others; "subtree" reaches as far down as `depth` says. watch.proto has the triggers.
 */
export type WatchKind = "data" | "exists" | "children" | "persistent" | "persistentRecursive" | "subtree";

/** What happened. */
export type WatchEventKind = "nodeCreated" | "nodeDataChanged" | "nodeDeleted" | "nodeChildrenChanged";

/** A change, as a watch is told of it. */
export class WatchEvent {
  readonly kind: WatchEventKind;
  /** The node: the parent in "nodeChildrenChanged", the node itself in all others. */
  readonly path: string;
  /** The change. All events of one transaction, or of the end of one session, have the same. */
  readonly zxid: number;
  /** Just after the change; of a deleted node, just before. */
  readonly stat: Stat;
  /** The new data, if the watch asks for them; empty otherwise. */
  readonly data: Uint8Array;
  /** The data from before, if the watch asks for them; empty otherwise. */
  readonly previousData: Uint8Array;
  /** Data that were asked for did not fit into the message: read the node, if it is still there. */
  readonly dataOmitted: boolean;
  /** When it happened, in milliseconds since 1970; undefined when the Stat does not tell, for a change of children. */
  readonly timeMs: number | undefined;

  constructor(event: ProtoEvent, namespace: Namespace) {
    this.kind = eventKinds[event.kind];
    this.path = namespace.fromServer(event.path);
    this.zxid = Number(event.zxid);
    this.stat = statFromProto(event.stat!);
    this.data = event.data;
    this.previousData = event.previousData;
    this.dataOmitted = event.dataOmitted;
    this.timeMs = timeOf(this.kind, this.stat, Number(event.deletedMs));
  }

  /** The new data as text. */
  get text(): string {
    return textOf(this.data);
  }

  /** The data from before as text. */
  get previousText(): string {
    return textOf(this.previousData);
  }
}

function timeOf(kind: WatchEventKind, stat: Stat, deletedMs: number): number | undefined {
  if (kind === "nodeCreated") return stat.ctimeMs;
  if (kind === "nodeDataChanged") return stat.mtimeMs;
  // A server from before this field was there says 0.
  return deletedMs === 0 ? undefined : deletedMs;
}

const eventKinds: Readonly<Record<ProtoEventKind, WatchEventKind>> = {
  [ProtoEventKind.UNSPECIFIED]: "nodeDataChanged",
  [ProtoEventKind.NODE_CREATED]: "nodeCreated",
  [ProtoEventKind.NODE_DATA_CHANGED]: "nodeDataChanged",
  [ProtoEventKind.NODE_DELETED]: "nodeDeleted",
  [ProtoEventKind.NODE_CHILDREN_CHANGED]: "nodeChildrenChanged",
};

export const watchKindToProto: Readonly<Record<WatchKind, ProtoKind>> = {
  data: ProtoKind.DATA,
  exists: ProtoKind.EXISTS,
  children: ProtoKind.CHILDREN,
  persistent: ProtoKind.PERSISTENT,
  persistentRecursive: ProtoKind.PERSISTENT_RECURSIVE,
  subtree: ProtoKind.SUBTREE,
};

/** The word for a kind. @throws Error for one that is newer than this client */
export function watchKindFromProto(kind: ProtoKind): WatchKind {
  const found = (Object.keys(watchKindToProto) as WatchKind[]).find((one) => watchKindToProto[one] === kind);
  if (found === undefined) throw new Error(`there is no watch kind ${kind}`);
  return found;
}

/** Kinds that are over with their first event. */
export function isOneShot(kind: WatchKind): boolean {
  return kind === "data" || kind === "exists" || kind === "children";
}
