import { eventBytesMax, eventDataBytesMax } from "../limits.ts";
import type { Change, Transaction } from "./change.ts";
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
  /** There were data that are not here, because the transaction has too many of them. */
  readonly dataOmitted: boolean;
}

/**
 * What a transaction fires, in ZooKeeper's order: change by change, a node's own event before that of its
 * parent (DataTree.createNode, deleteNode, setData).
 */
export function eventsOf({ zxid, changes }: Transaction): NodeEvent[] {
  const events: NodeEvent[] = [];
  const dataBytesMax = Math.min(eventDataBytesMax, eventBytesMax - bytesBesideData(changes));
  let dataBytes = 0;
  for (const change of changes) {
    // That a list was set fires nothing, as in ZooKeeper.
    if (!("node" in change) || change.kind === "nodeAclSet") continue;
    dataBytes += dataBytesOf(change);
    events.push(ownEvent(change, zxid, dataBytes <= dataBytesMax));
    if (change.kind === "nodeDataSet") continue;
    const path = parentOf(change.path);
    events.push({ kind: "nodeChildrenChanged", path, zxid, node: change.parent, dataOmitted: false });
  }
  return events;
}

type NodeChange = Exclude<Extract<Change, { node: NodeRecord }>, { kind: "nodeAclSet" }>;

function ownEvent(change: NodeChange, zxid: number, withData: boolean): NodeEvent {
  const { path, node } = change;
  const dataOmitted = !withData;
  switch (change.kind) {
    case "nodeCreated":
      return { kind: "nodeCreated", path, zxid, node, dataOmitted, ...(withData && { data: change.data }) };
    case "nodeDataSet": {
      const { data, previousData } = change;
      if (!withData || previousData === undefined) {
        return { kind: "nodeDataChanged", path, zxid, node, dataOmitted: true };
      }
      return { kind: "nodeDataChanged", path, zxid, node, dataOmitted, data, previousData };
    }
    case "nodeDeleted": {
      const { previousData } = change;
      if (withData && previousData !== undefined) {
        return { kind: "nodeDeleted", path, zxid, node, dataOmitted, previousData };
      }
      return { kind: "nodeDeleted", path, zxid, node, dataOmitted: node.dataLength > 0 };
    }
  }
}

/** About what a change's events take on the wire: a path and a Stat for the node, and for its parent. */
function bytesBesideData(changes: readonly Change[]): number {
  let bytes = 0;
  for (const change of changes) if ("path" in change) bytes += 2 * (change.path.length + eventBytes);
  return bytes;
}

const eventBytes = 100;

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
