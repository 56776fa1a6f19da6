import { quotaDepthMax, quotaFreeAclBytes, quotaLimitsBytesMax } from "../limits.ts";
import type { Acl } from "./acl.ts";
import type { NodeRecord } from "./node.ts";
import { childPath } from "./path.ts";

/** What lies in a subtree: its nodes, the one at the top included, and the bytes of their data and of long lists. */
export interface Usage {
  readonly count: number;
  readonly bytes: number;
}

/** What a subtree may hold; Infinity for no limit. Past a soft limit operators are warned, hard ones hold. */
export interface QuotaLimits {
  readonly soft: Usage;
  readonly hard: Usage;
}

/** Where quotas are found. */
export interface Quotas {
  /** False only if there is no quota at all. */
  readonly hasQuotas: boolean;
  /** What the quota of a path allows, whether there is a node or not; undefined without one. */
  quotaLimits(path: string): QuotaLimits | undefined;
  /** What a subtree holds, known without looking through it; of "/", without what is below /zookeeper. */
  usage(path: string): Usage;
}

/** The two things that a quota limits. */
export const quotaKinds = ["count", "bytes"] as const;

/** Quotas.java: the quota of /a/b lies in /zookeeper/quota/a/b/zookeeper_limits, its usage beside it. */
export const quotaRoot = "/zookeeper/quota";
/** Put together once: every write looks for it several times. */
const belowQuotaRoot = `${quotaRoot}/`;
const limitsName = "zookeeper_limits";
const statsName = "zookeeper_stats";

/** The path whose quota a node sets; undefined if it is not a node with limits. */
export function quotaOfLimits(path: string): string | undefined {
  return quotaOf(path, limitsName);
}

/** The path whose usage a node shows; undefined if it is not a node with usage. */
export function quotaOfStats(path: string): string | undefined {
  return quotaOf(path, statsName);
}

/** Where the usage is shown: "/a" -> "/zookeeper/quota/a/zookeeper_stats". */
export function statsPathOf(quotaPath: string): string {
  return childPath(quotaPath === "/" ? quotaRoot : quotaRoot + quotaPath, statsName);
}

/** Whether a node would be a child of one that sets or shows a quota, or further below. */
export function isBelowQuotaNode(path: string): boolean {
  return path.startsWith(belowQuotaRoot) && quotaNodeInside.test(path);
}

const quotaNodeInside = new RegExp(`/(${limitsName}|${statsName})/`);

function quotaOf(path: string, name: string): string | undefined {
  if (!path.startsWith(belowQuotaRoot) || !path.endsWith(`/${name}`)) return undefined;
  return path.slice(quotaRoot.length, -name.length - 1) || "/";
}

/** What is below /zookeeper is in no quota: else one on "/" could keep its own limits from being set. */
export function isQuotaFree(path: string): boolean {
  return path.startsWith("/zookeeper") && (path.length === 10 || path.charCodeAt(10) === slash);
}

/** Whether a node is in the quota of a path. */
export function isInQuota(path: string, quotaPath: string): boolean {
  if (isQuotaFree(path)) return false;
  if (quotaPath === "/") return true;
  return path.startsWith(quotaPath) && (path.length === quotaPath.length || path[quotaPath.length] === "/");
}

/** The paths with a quota that a node is in, from the root down. */
export function quotasOn(path: string, state: Quotas): string[] {
  if (!state.hasQuotas || isQuotaFree(path)) return [];
  const found: string[] = [];
  for (const above of pathsDownTo(path)) if (state.quotaLimits(above) !== undefined) found.push(above);
  return found;
}

/** The paths with quotas whose usage, or that themselves, change when the node at a path does. */
export function quotasTouched(path: string, state: Quotas): readonly string[] {
  const quotaPath = quotaOfLimits(path);
  return quotaPath === undefined ? quotasOn(path, state) : [quotaPath];
}

/** "/a/b" -> "/", "/a", "/a/b"; no further than quotas may lie. */
function* pathsDownTo(path: string): Generator<string> {
  yield "/";
  if (path === "/") return;
  let end = 0;
  for (let depth = 1; depth <= quotaDepthMax; depth++) {
    end = path.indexOf("/", end + 1);
    yield end === -1 ? path : path.slice(0, end);
    if (end === -1) return;
  }
}

/**
 * Reads limits as StatsTrack does: `key=number`, separated by "," or ";", where -1, all below it and nothing at all
 * mean no limit. Unknown keys are passed over, and ZooKeeper's second "=" is fine. Undefined if it makes no sense.
 */
export function parseLimits(data: Uint8Array): QuotaLimits | undefined {
  if (data.length > quotaLimitsBytesMax) return undefined;
  const numbers = new Map<string, number>();
  for (const pair of Buffer.from(data).toString("latin1").split(/[,;]/)) {
    const [key = "", value, ...rest] = pair.split("=").map((part) => part.trim());
    if (key === "" && value === undefined) continue;
    if (value === undefined || !/^\w+$/.test(key) || !/^([+-]?\d{1,19})?$/.test(value)) return undefined;
    if (rest.length > 1 || rest[0]) return undefined;
    const number = value === "" ? -1 : Number(value);
    numbers.set(key, number < 0 ? Number.POSITIVE_INFINITY : number);
  }
  const limit = (key: string) => numbers.get(key) ?? Number.POSITIVE_INFINITY;
  return {
    soft: { count: limit("count"), bytes: limit("bytes") },
    hard: { count: limit("countHardLimit"), bytes: limit("byteHardLimit") },
  };
}

/** What a node counts for: its data, and of its access control list what is beyond the usual. */
export function bytesCounted({ dataLength, acl }: Pick<NodeRecord, "dataLength" | "acl">): number {
  return dataLength + aclBytesCounted(acl);
}

export function aclBytesCounted({ text }: Acl): number {
  return Math.max(0, text.length - quotaFreeAclBytes);
}

export const noUsage: Usage = { count: 0, bytes: 0 };

const unlimited: Usage = { count: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** The limits in a node that is there: what makes no sense, stored before anybody checked, limits nothing. */
export function storedLimits(data: Uint8Array): QuotaLimits {
  return parseLimits(data) ?? { soft: unlimited, hard: unlimited };
}

/**
 * What a node that shows the usage of a quota holds, in StatsTrack's words: nothing without a quota, as it is stored.
 * Undefined for every other node.
 */
export function statsData(path: string, state: Quotas): Uint8Array | undefined {
  if (!state.hasQuotas) return undefined;
  const quotaPath = quotaOfStats(path);
  if (quotaPath === undefined) return undefined;
  if (state.quotaLimits(quotaPath) === undefined) return noData;
  const { count, bytes } = state.usage(quotaPath);
  return Buffer.from(`count=${count},bytes=${bytes}`);
}

const noData = new Uint8Array();

/** What a subtree holds after a change of it. */
export function grown({ count, bytes }: Usage, by: Usage): Usage {
  return { count: count + by.count, bytes: bytes + by.bytes };
}

const slash = 0x2f;
