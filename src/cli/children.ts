import type { Client } from "../client/index.ts";

/** How long completion waits for the server, in milliseconds, before it has nothing to offer. */
export const completionTimeoutMs = 1_000;

/** Names that completion offers at most: what one page holds. */
const namesMax = 1_000;

/** The names of a node's first children; none where they cannot be read. */
export async function childrenOf(client: Client, path: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of client.list(path, { timeoutMs: completionTimeoutMs })) {
      names.push(name);
      if (names.length === namesMax) break;
    }
  } catch {
    // Whoever goes on typing will be told by the verb itself.
  }
  return names;
}
