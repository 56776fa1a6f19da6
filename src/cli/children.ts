import type { Client } from "../client/index.ts";
import { completionNamesMax, completionTimeoutMs } from "./limits.ts";

/** The names of a node's first children; none where they cannot be read. */
export async function childrenOf(client: Client, path: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of client.list(path, { timeoutMs: completionTimeoutMs })) {
      names.push(name);
      if (names.length === completionNamesMax) break;
    }
  } catch {
    // Whoever goes on typing will be told by the verb itself.
  }
  return names;
}
