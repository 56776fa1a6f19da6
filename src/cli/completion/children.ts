import type { Client } from "../../client/index.ts";
import { isPlain } from "../../visible.ts";
import { completionNamesMax, completionTimeoutMs } from "../limits.ts";

/** Names of nodes that begin in a certain way. */
export interface Names {
  readonly names: readonly string[];
  /** There may be more of them. */
  readonly isPartial: boolean;
}

/** The names of a node's children that begin so, as far as they can be read in time. */
export async function childrenLike(client: Client, path: string, prefix: string): Promise<Names> {
  const names: string[] = [];
  let isPartial = false;
  const signal = AbortSignal.timeout(completionTimeoutMs);
  try {
    for await (const { name } of client.list(path, { timeoutMs: completionTimeoutMs, signal })) {
      if (!name.startsWith(prefix)) {
        if (isAfter(name, prefix)) break;
        continue;
      }
      // What cannot be typed, or not be told apart from another, is not offered.
      if (!isPlain(name) || names.length === completionNamesMax) isPartial = true;
      else names.push(name);
      if (isPartial && names.length === completionNamesMax) break;
    }
  } catch {
    // Whoever goes on typing will be told by the verb itself.
    isPartial = true;
  }
  return { names, isPartial };
}

/** In the order in which servers list. */
function isAfter(name: string, prefix: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(prefix)) > 0;
}
