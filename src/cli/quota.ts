import { type CallOptions, type Client, isCorralError } from "../client/index.ts";
import { parentOf } from "../client/node.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import type { FlagSpecs } from "./flags.ts";

/** The limits of a quota; -1 for none. A hard one refuses writes, a soft one only warns. */
export interface Quota {
  readonly count: number;
  readonly bytes: number;
  readonly countHardLimit: number;
  readonly byteHardLimit: number;
}

export const noQuota: Quota = { count: -1, bytes: -1, countHardLimit: -1, byteHardLimit: -1 };

/** What each letter of ZooKeeper's commands stands for. */
export const quotaFlags = {
  count: { short: "n", help: "Nodes, that one included: more are warned of." },
  bytes: { short: "b", help: "Bytes of data: more are warned of." },
  countHardLimit: { short: "N", help: "Nodes: more are refused." },
  byteHardLimit: { short: "B", help: "Bytes of data: more are refused." },
} as const;

/** They are given with a number, or named. */
export function quotaFlagsOf<K extends "number" | "switch">(kind: K) {
  const specs = Object.entries(quotaFlags).map(([key, spec]) => [
    key,
    { kind, min: -1, max: Number.MAX_SAFE_INTEGER, ...spec },
  ]);
  return Object.fromEntries(specs) as {
    readonly [key in keyof Quota]: { readonly kind: K; readonly short: string; readonly help: string };
  } satisfies FlagSpecs;
}

const quotaRoot = "/zookeeper/quota";

/** The node that holds the quota of a path: ZooKeeper's Quotas. */
export function limitsPathOf(path: string): string {
  return `${quotaPathOf(path)}/zookeeper_limits`;
}

/** The node that holds what is used of it. */
export function statsPathOf(path: string): string {
  return `${quotaPathOf(path)}/zookeeper_stats`;
}

/** The node above both. */
function quotaPathOf(path: string): string {
  // Below the root of all quotas, the server would take it for another path.
  if (!/^\/(.*[^/])?$/s.test(path)) throw new UsageError(`${shown(path)} is no path: write /a/b`);
  return `${quotaRoot}${path === "/" ? "" : path}`;
}

/** ZooKeeper's StatsTrack: `count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=-1`. */
export function quotaText({ count, bytes, countHardLimit, byteHardLimit }: Quota): string {
  return `count=${count},bytes=${bytes}=;byteHardLimit=${byteHardLimit};countHardLimit=${countHardLimit}`;
}

/** Deletes a quota, and the nodes above it that are of no use then. Quotas below it stay. */
export async function deleteQuota(
  client: Client,
  path: string,
  version: number,
  bounds: CallOptions,
): Promise<void> {
  await client.delete(limitsPathOf(path), { version, ...bounds });
  const above = ancestorsOf(quotaPathOf(path)).filter((one) => one.startsWith(`${quotaRoot}/`));
  for (const one of [statsPathOf(path), ...above]) {
    try {
      await client.delete(one, bounds);
    } catch (error) {
      if (isCorralError(error, "NOT_EMPTY")) return;
      if (!isCorralError(error, "NO_NODE")) throw error;
    }
  }
}

/** "/a/b" -> "/a/b", "/a", "/". */
function ancestorsOf(path: string): string[] {
  return path === "/" ? [path] : [path, ...ancestorsOf(parentOf(path))];
}

/** The same back; what is not there is no limit. */
export function parseQuota(text: string): Quota {
  const numbers = new Map(
    [...text.matchAll(/\b(\w+)=(-?\d+)/g)].map(([, name = "", value]) => [name, Number(value)]),
  );
  return {
    count: numbers.get("count") ?? -1,
    bytes: numbers.get("bytes") ?? -1,
    countHardLimit: numbers.get("countHardLimit") ?? -1,
    byteHardLimit: numbers.get("byteHardLimit") ?? -1,
  };
}
