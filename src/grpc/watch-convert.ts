import { WatchKind as ProtoKind, type WatchAdd } from "../../gen/ts/corral/v1/watch_pb.js";
import { type WatchDepth, type WatchKind, type WatchSpec, watchSpec } from "../core/watch.ts";
import { zxidMax } from "../limits.ts";
import { badArgument } from "./convert.ts";

/** What a message asks for beside its id and path. */
export interface WatchAsked {
  readonly spec: WatchSpec;
  /** Undefined: from now on. */
  readonly afterZxid: number | undefined;
}

/** @throws Refused BAD_ARGUMENTS */
export function watchFromProto(add: WatchAdd): WatchAsked {
  const kind: WatchKind | undefined = kinds[add.kind];
  if (kind === undefined) throw badArgument("kind", `there is no watch kind ${add.kind}`);
  const { depth = "all", afterZxid } = add;
  if (!isDepth(depth)) throw badArgument("depth", "depth is 0, 1, or absent for all levels");
  if (depth !== "all" && kind !== "subtree") {
    throw badArgument("depth", "only a SUBTREE watch has a depth");
  }
  if (afterZxid !== undefined && !isZxid(afterZxid)) {
    throw badArgument("after_zxid", `there is no zxid ${afterZxid}`);
  }
  const spec = watchSpec(kind, depth, add);
  return { spec, afterZxid: afterZxid === undefined ? undefined : Number(afterZxid) };
}

/** @throws Refused BAD_ARGUMENTS */
export function watchIdFromProto(id: bigint, field: string): number {
  if (isZxid(id)) return Number(id);
  throw badArgument(field, `a watch_id is a number from 0 to 2^53 - 1, not ${id}`);
}

export function watchKindToProto(kind: WatchKind): ProtoKind {
  return protoKinds[kind];
}

const protoKinds: Readonly<Record<WatchKind, ProtoKind>> = {
  data: ProtoKind.DATA,
  exists: ProtoKind.EXISTS,
  children: ProtoKind.CHILDREN,
  persistent: ProtoKind.PERSISTENT,
  persistentRecursive: ProtoKind.PERSISTENT_RECURSIVE,
  subtree: ProtoKind.SUBTREE,
};

const kinds: Readonly<Record<ProtoKind, WatchKind>> = {
  [ProtoKind.UNSPECIFIED]: "persistentRecursive",
  [ProtoKind.DATA]: "data",
  [ProtoKind.EXISTS]: "exists",
  [ProtoKind.CHILDREN]: "children",
  [ProtoKind.PERSISTENT]: "persistent",
  [ProtoKind.PERSISTENT_RECURSIVE]: "persistentRecursive",
  [ProtoKind.SUBTREE]: "subtree",
};

function isDepth(depth: number | "all"): depth is WatchDepth {
  return depth === 0 || depth === 1 || depth === "all";
}

/** Zxids and watch ids are numbers that JavaScript has exactly. */
function isZxid(value: bigint): boolean {
  return value >= 0n && value <= zxidMax;
}
