import { quotaDepthMax, quotaLimitsBytesMax } from "../../limits.ts";
import { permits } from "../acl.ts";
import type { Change, Stamp } from "../change.ts";
import { createdNode, withChild } from "../node.ts";
import type { NodeOperation } from "../operation.ts";
import {
  aclBytesCounted,
  bytesCounted,
  grown,
  isBelowQuotaNode,
  isInQuota,
  isQuotaFree,
  noUsage,
  parseLimits,
  quotaKinds,
  quotaOfLimits,
  quotaOfStats,
  quotasOn,
  statsPathOf,
  type Usage,
} from "../quota.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { traitsOf } from "./create-mode.ts";
import type { Context } from "./prepared.ts";
import { badArgument } from "./refusals.ts";

type Created = Extract<Change, { kind: "nodeCreated" }>;

/** What is wrong with the path of an operation that sets a quota, or the usage of one. */
export function checkQuotaNode(operation: NodeOperation): Refusal | undefined {
  if (operation.op === "delete") return undefined;
  const { path } = operation;
  if (isBelowQuotaNode(path)) return badArgument("path", "what sets or shows a quota has no children");
  // A name with a number at its end is none of these.
  if (operation.op === "create" && traitsOf[operation.mode].sequential) return undefined;
  if (quotaOfStats(path) !== undefined) return checkStatsUntouched(operation);
  const quotaPath = quotaOfLimits(path);
  if (quotaPath === undefined) return undefined;
  if (isQuotaFree(quotaPath)) return badArgument("path", "what is below /zookeeper has no quota");
  if (quotaPath.split("/").length > quotaDepthMax + 1) {
    return badArgument("path", `a quota lies at most ${quotaDepthMax} levels below the root`);
  }
  return undefined;
}

/** What is wrong with the data of a node that sets a quota. It is read for callers that may write it. */
export function checkLimits(path: string, data: Uint8Array): Refusal | undefined {
  if (quotaOfLimits(path) === undefined || parseLimits(data) !== undefined) return undefined;
  const form = "count=N,bytes=N;countHardLimit=N;byteHardLimit=N";
  return badArgument("data", `limits read ${form}, in at most ${quotaLimitsBytesMax} bytes; -1 is no limit`);
}

function checkStatsUntouched(operation: Exclude<NodeOperation, { op: "delete" }>): Refusal | undefined {
  const keeps = operation.op === "create" && !["set", "takeOver"].includes(operation.ifExists ?? "fail");
  return keeps ? undefined : badArgument("path", "the usage of a quota is read-only: the server counts it");
}

/** What changes at a path, or above it. */
export interface Growth {
  readonly path: string;
  readonly by: Usage;
}

/**
 * Refuses what grows beyond a hard limit of any quota on the way from the root to a path:
 * ZooKeeperServer.checkQuota, but on the staged state. What does not grow is never refused.
 */
export function checkQuotas(
  path: string,
  growth: () => readonly Growth[],
  state: StateReader,
  context: Context,
): Refusal | undefined {
  if (!context.limits.enforceQuotas || !state.hasQuotas) return undefined;
  for (const quotaPath of quotasOn(path, state)) {
    const inside = growth().filter((each) => isInQuota(each.path, quotaPath));
    const by = inside.reduce((sum, each) => grown(sum, each.by), noUsage);
    const refusal = checkQuota(quotaPath, by, state, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkQuota(
  quotaPath: string,
  by: Usage,
  state: StateReader,
  { identities }: Context,
): Refusal | undefined {
  const { hard } = state.quotaLimits(quotaPath)!;
  const after = grown(state.usage(quotaPath), by);
  for (const kind of quotaKinds) {
    const limit = hard[kind];
    if (by[kind] <= 0 || after[kind] <= limit) continue;
    const shown = state.node(statsPathOf(quotaPath));
    const told = shown !== undefined && permits(shown.acl, identities, "read");
    return quotaExceeded(quotaPath, kind, { limit, actual: after[kind] }, told);
  }
  return undefined;
}

/** The same for access control lists that are set, of a node and perhaps of all below it. */
export function checkQuotasOfAcls(
  changes: readonly Change[],
  state: StateReader,
  context: Context,
): Refusal | undefined {
  if (!context.limits.enforceQuotas || !state.hasQuotas) return undefined;
  const growths = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== "nodeAclSet") continue;
    const { path, node } = change;
    const bytes = aclBytesCounted(node.acl) - aclBytesCounted(state.node(path)!.acl);
    if (bytes === 0) continue;
    for (const quotaPath of quotasOn(path, state)) {
      growths.set(quotaPath, (growths.get(quotaPath) ?? 0) + bytes);
    }
  }
  for (const [quotaPath, bytes] of growths) {
    const refusal = checkQuota(quotaPath, { count: 0, bytes }, state, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The same for creations, the last of them at the bottom. */
export function checkQuotasOfCreate(
  created: readonly Change[],
  state: StateReader,
  context: Context,
): Refusal | undefined {
  const growth = () => created.flatMap((change) => (change.kind === "nodeCreated" ? [growthOf(change)] : []));
  const bottom = created.at(-1) as Created;
  return checkQuotas(bottom.path, growth, state, context);
}

function growthOf({ path, node }: Created): Growth {
  return { path, by: { count: 1, bytes: bytesCounted(node) } };
}

/** The node that shows the usage of a quota comes with the one that sets its limits, and its list, unless it is there. */
export function createStats(created: Created, state: StateReader, stamp: Stamp): readonly Created[] {
  const quotaPath = quotaOfLimits(created.path);
  if (quotaPath === undefined) return [];
  const path = statsPathOf(quotaPath);
  if (state.node(path) !== undefined) return [];
  const parent = withChild(created.parent, stamp.zxid);
  const node = createdNode(stamp, { acl: created.node.acl }, 0);
  return [{ kind: "nodeCreated", path, data: new Uint8Array(), node, parent }];
}

/** @param told whether the caller may read the node that shows the usage */
function quotaExceeded(
  path: string,
  kind: keyof Usage,
  { limit, actual }: { readonly limit: number; readonly actual: number },
  told: boolean,
): Refusal {
  const what = kind === "count" ? "nodes" : "bytes of data";
  if (!told) {
    const message = `${path} would hold more ${what} than its quota allows: delete some, or raise the limit`;
    return { reason: "QUOTA_EXCEEDED", message, facts: { path, kind } };
  }
  const message = `${path} would hold ${actual} ${what}; its quota allows ${limit}: delete some, or raise the limit`;
  return { reason: "QUOTA_EXCEEDED", message, facts: { path, kind, limit, actual } };
}
