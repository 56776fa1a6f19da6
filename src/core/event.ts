import { eventBytesMax, eventDataBytesMax } from "../limits.ts";
import type { Change, Stamp, Transaction } from "./change.ts";
import type { NodeRecord } from "./node.ts";
import { parentOf } from "./path.ts";

/** ZooKeeper's Watcher.Event.EventType, as far as nodes go. */
export type EventKind = "nodeCreated" | "nodeDataChanged" | "nodeDeleted" | "nodeChildrenChanged";

/** What watches are told: one change, seen from one node. */
export interface NodeEvent {
  readonly kind: EventKind;
  /** The parent in nodeChildrenChanged, the node itself in all others. */
  readonly path: string;
  readonly zxid: number;
  /** That node just after the change; a deleted one just before. */
  readonly node: NodeRecord;
  /** The new data, of a creation or a change of data. To be treated as read-only. */
  readonly data?: Uint8Array;
  /** The data from before, of a change of data or a deletion. To be treated as read-only. */
  readonly previousData?: Uint8Array;
  /** When, by the wall clock; of a deletion alone, since the Stat tells it of the others. */
  readonly deletedMs?: number;
  /** There were data that are not here, because the transaction has too many of them. */
  readonly dataOmitted: boolean;
  /** A front end's own: what it has made of the event, to make it once for all readers. */
  encoded?: unknown;
}

/**
 * What a transaction fires, in ZooKeeper's order: change by change, a node's own event before that of its
 * parent (DataTree.createNode, deleteNode, setData).
 */
export function eventsOf({ changes, ...stamp }: Transaction): NodeEvent[] {
  const events: NodeEvent[] = [];
  const { zxid } = stamp;
  const dataBytesMax = roomForData(changes);
  let dataBytes = 0;
  for (const change of changes) {
    // That a list was set fires nothing, as in ZooKeeper.
    if (!("node" in change) || change.kind === "nodeAclSet") continue;
    dataBytes += dataBytesOf(change);
    events.push(ownEvent(change, stamp, dataBytes <= dataBytesMax));
    if (change.kind === "nodeDataSet") continue;
    const path = parentOf(change.path);
    events.push({ kind: "nodeChildrenChanged", path, zxid, node: change.parent, dataOmitted: false });
  }
  return events;
}

/** How much data the events of a transaction can carry beside their paths and Stats. */
function roomForData(changes: readonly Change[]): number {
  if (changes.length === 1) return eventDataBytesMax;
  let bytes = 0;
  for (const change of changes) {
    // A node's own event, and that of its parent.
    if ("path" in change) bytes += 2 * (Buffer.byteLength(change.path) + eventBytes);
  }
  return Math.min(eventDataBytesMax, eventBytesMax - bytes);
}

/** A generous measure of what an event takes beside its path and data. */
const eventBytes = 110;

type NodeChange = Exclude<Extract<Change, { node: NodeRecord }>, { kind: "nodeAclSet" }>;

function ownEvent(change: NodeChange, { zxid, timeMs }: Stamp, withData: boolean): NodeEvent {
  const { path, node } = change;
  switch (change.kind) {
    case "nodeCreated": {
      const { data } = change;
      const dataOmitted = !withData && data.length > 0;
      return { kind: "nodeCreated", path, zxid, node, dataOmitted, ...(withData && { data }) };
    }
    case "nodeDataSet": {
      const { data, previousData } = change;
      if (withData && previousData !== undefined) {
        return { kind: "nodeDataChanged", path, zxid, node, dataOmitted: false, data, previousData };
      }
      const dataOmitted = previousData === undefined || data.length + previousData.length > 0;
      return { kind: "nodeDataChanged", path, zxid, node, dataOmitted };
    }
    case "nodeDeleted": {
      const { previousData } = change;
      const deleted = { kind: "nodeDeleted", path, zxid, node, deletedMs: timeMs } as const;
      if (withData && previousData !== undefined) return { ...deleted, dataOmitted: false, previousData };
      return { ...deleted, dataOmitted: node.dataLength > 0 };
    }
  }
}

function dataBytesOf(change: NodeChange): number {
  switch (change.kind) {
    case "nodeCreated":
      return change.data.length;
    case "nodeDataSet":
      return change.data.length + (change.previousData?.length ?? 0);
    case "nodeDeleted":
      return change.previousData?.length ?? 0;
  }
}
