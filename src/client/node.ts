import { CreateMode as ProtoCreateMode, type Stat as ProtoStat } from "../../gen/ts/corral/v1/node_pb.js";

/** What is known of a node beside its data: ZooKeeper's Stat. Numbers are exact: the server gives none beyond 2^53. */
export interface Stat {
  /** The zxid of the change that created the node. */
  readonly czxid: number;
  /** The zxid of the last change of its data. */
  readonly mzxid: number;
  /** The zxid of the last creation or deletion of a child. */
  readonly pzxid: number;
  /** When it was created: milliseconds since 1970, by the server's clock. */
  readonly ctimeMs: number;
  /** When its data were changed last: milliseconds since 1970, by the server's clock. */
  readonly mtimeMs: number;
  /** How often its data were changed since it was created. */
  readonly version: number;
  /** How often a child was created or deleted. */
  readonly cversion: number;
  /** How often its access control list was changed. */
  readonly aversion: number;
  /** The id of the session that it belongs to; 0 for a node that is not ephemeral. */
  readonly ephemeralOwner: number;
  /** The length of its data, in bytes. */
  readonly dataLength: number;
  /** How many children it has. */
  readonly numChildren: number;
  /** How it lives; whether it got a number is not remembered. */
  readonly mode: "persistent" | "ephemeral" | "container" | "persistentWithTtl";
  /** Its TTL in milliseconds; 0 without one. */
  readonly ttlMs: number;
}

/** How a node lives and how it is named; "sequential" appends the parent's ten-digit number. */
export type CreateMode =
  | "persistent"
  | "persistentSequential"
  | "ephemeral"
  | "ephemeralSequential"
  /** Goes with its last child. */
  | "container"
  /** Goes when it was not set for its TTL and has no children. */
  | "persistentWithTtl"
  | "persistentSequentialWithTtl";

/** Data to write: text is stored as its UTF-8 bytes. */
export type Data = Uint8Array | string;

/** A node as it was after some zxid. */
export class NodeValue {
  readonly path: string;
  readonly data: Uint8Array;
  readonly stat: Stat;
  /** The last change that this reflects. */
  readonly zxid: number;

  constructor(path: string, data: Uint8Array, stat: Stat, zxid: number) {
    this.path = path;
    this.data = data;
    this.stat = stat;
    this.zxid = zxid;
  }

  /** The data as text; bytes that are not UTF-8 become U+FFFD. */
  get text(): string {
    return textOf(this.data);
  }
}

const encoder = new TextEncoder();
/** The byte order mark is part of the data. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function textOf(data: Uint8Array): string {
  return decoder.decode(data);
}

export function bytesOf(data: Data | undefined): Uint8Array {
  if (data === undefined) return new Uint8Array();
  return typeof data === "string" ? encoder.encode(data) : data;
}

const modeFromProto: Readonly<Partial<Record<ProtoCreateMode, Stat["mode"]>>> = {
  [ProtoCreateMode.EPHEMERAL]: "ephemeral",
  [ProtoCreateMode.CONTAINER]: "container",
  [ProtoCreateMode.PERSISTENT_WITH_TTL]: "persistentWithTtl",
};

export function statFromProto(stat: ProtoStat): Stat {
  return {
    czxid: Number(stat.czxid),
    mzxid: Number(stat.mzxid),
    pzxid: Number(stat.pzxid),
    ctimeMs: Number(stat.ctimeMs),
    mtimeMs: Number(stat.mtimeMs),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: Number(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
    mode: modeFromProto[stat.mode] ?? "persistent",
    ttlMs: Number(stat.ttlMs),
  };
}

export const createModeToProto: Readonly<Record<CreateMode, ProtoCreateMode>> = {
  persistent: ProtoCreateMode.PERSISTENT,
  persistentSequential: ProtoCreateMode.PERSISTENT_SEQUENTIAL,
  ephemeral: ProtoCreateMode.EPHEMERAL,
  ephemeralSequential: ProtoCreateMode.EPHEMERAL_SEQUENTIAL,
  container: ProtoCreateMode.CONTAINER,
  persistentWithTtl: ProtoCreateMode.PERSISTENT_WITH_TTL,
  persistentSequentialWithTtl: ProtoCreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL,
};

/** "/a/b" -> "/a", "/a" -> "/". */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** "/", "b" -> "/b"; "/a", "b" -> "/a/b". */
export function childOf(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** "/a/b" -> "b". */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
