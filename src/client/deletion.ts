import type { Client } from "./client.ts";
import { isCorralError } from "./errors.ts";

/** A node that was there after a zxid. */
export interface SeenNode {
  readonly path: string;
  readonly zxid: number;
}

/** Resolves when the node has been deleted, be it that another one has taken its place. Rejects with the signal's reason. */
export async function deletionOf(client: Client, seen: SeenNode, signal: AbortSignal): Promise<void> {
  let afterZxid = seen.zxid;
  for (;;) {
    try {
      for await (const { kind } of client.watch(seen.path, { depth: 0, afterZxid, signal })) {
        if (kind === "nodeDeleted") return;
      }
      return;
    } catch (error) {
      if (!isCorralError(error, "COMPACTED", "ZXID_AHEAD")) throw error;
      const { stat, zxid } = await client.look(seen.path, { signal });
      if (stat === undefined || stat.czxid > seen.zxid) return;
      afterZxid = zxid;
    }
  }
}
