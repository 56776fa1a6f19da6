import { type Acl, openAcl } from "./acl.ts";
import { sequenceNumbers } from "./sequence.ts";

/**
 * A node without its data: ZooKeeper's StatPersisted. Times are wall-clock milliseconds.
 * `creates` is ZooKeeper's internal cversion, the number of children ever created, and of the sequence numbers
 * passed over because their names were taken; clients never see it, but sequence numbers come from it.
 */
export interface NodeRecord {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly creates: number;
  readonly aversion: number;
  /** The owning session's id; 0 for a node that is not ephemeral. */
  readonly ephemeralOwner: number;
  /**
   * How long the node may be childless: `forever`, `asContainer` (not at all, once it has had a child), or a
   * TTL, in milliseconds since its data were last set. ZooKeeper's EphemeralType.
   */
  readonly lifetimeMs: number;
  readonly acl: Acl;
  readonly dataLength: number;
  readonly numChildren: number;
}

export const forever = 0;
export const asContainer = -1;

/**
 * How long the node stays after its data were set, as things are: it is to be reaped once it is older than that.
 * ContainerManager.getCandidates; `undefined` is for ever, and an empty container does not stay at all.
 */
export function staysForMs(node: NodeRecord): number | undefined {
  if (node.lifetimeMs === forever || node.numChildren > 0) return undefined;
  if (node.lifetimeMs === asContainer) return node.creates > 0 ? Number.NEGATIVE_INFINITY : undefined;
  return node.lifetimeMs;
}

/** A node as its creation leaves it: DataTree.createStat. */
export function createdNode(
  { zxid, timeMs }: { readonly zxid: number; readonly timeMs: number },
  {
    ephemeralOwner = 0,
    lifetimeMs = forever,
    acl = openAcl,
  }: { ephemeralOwner?: number; lifetimeMs?: number; acl?: Acl },
  dataLength: number,
): NodeRecord {
  return {
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: timeMs,
    mtimeMs: timeMs,
    version: 0,
    creates: 0,
    aversion: 0,
    ephemeralOwner,
    lifetimeMs,
    acl,
    dataLength,
    numChildren: 0,
  };
}

/**
 * A parent's pzxid and counters follow its set of children; its mzxid, mtime and version never do.
 * The counter stops behind the last sequence number, where DataTree.createNode stays at it and gives it again.
 */
export function withChild(parent: NodeRecord, zxid: number, number = parent.creates): NodeRecord {
  const creates = Math.min(number + 1, sequenceNumbers);
  return { ...parent, pzxid: zxid, creates, numChildren: parent.numChildren + 1 };
}

export function withoutChild(parent: NodeRecord, zxid: number): NodeRecord {
  return { ...parent, pzxid: zxid, numChildren: parent.numChildren - 1 };
}

/** What a client sees of a node: corral.v1.Stat. */
export interface Stat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: number;
  readonly dataLength: number;
  readonly numChildren: number;
  /** How the node lives; whether its name has a number is not remembered. */
  readonly mode: "persistent" | "ephemeral" | "container" | "persistentWithTtl";
  /** 0 without a TTL. */
  readonly ttlMs: number;
}

/**
 * The visible cversion counts creations and deletions of children, as DataNode.copyStat computes it:
 * 2 * creates - numChildren, in 32 bits.
 */
export function statOf(node: NodeRecord): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctimeMs: node.ctimeMs,
    mtimeMs: node.mtimeMs,
    version: node.version,
    cversion: (2 * node.creates - node.numChildren) | 0,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
    dataLength: node.dataLength,
    numChildren: node.numChildren,
    mode: modeOf(node),
    ttlMs: Math.max(node.lifetimeMs, 0),
  };
}

function modeOf({ ephemeralOwner, lifetimeMs }: NodeRecord): Stat["mode"] {
  if (ephemeralOwner !== 0) return "ephemeral";
  if (lifetimeMs === asContainer) return "container";
  return lifetimeMs === forever ? "persistent" : "persistentWithTtl";
}
