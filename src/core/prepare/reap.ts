import type { Change, Stamp } from "../change.ts";
import { type NodeRecord, reapableFromMs, withoutChild } from "../node.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import type { Context, Of, Prepared } from "./prepared.ts";
import { PreviousData } from "./previous-data.ts";

/**
 * ContainerManager.checkContainers, decided anew: a child created or data set meanwhile save the node. What is
 * emptied by it goes under the same zxid, where ZooKeeper takes a pass for each level.
 */
export function prepareReap({ path }: Of<"reap">, state: StateReader, { stamp, limits }: Context): Prepared {
  const changes: Change[] = [];
  const previousData = new PreviousData(state);
  let bytes = 0;
  let at = path;
  let node = state.node(at);
  while (node !== undefined && isDue(node, stamp)) {
    bytes += at.length;
    if (changes.length === limits.changesMax || bytes > limits.bytesMax) break;
    const parentPath = parentOf(at);
    const parent: NodeRecord = withoutChild(state.node(parentPath)!, stamp.zxid);
    changes.push({ kind: "nodeDeleted", path: at, node, previousData: previousData.of(at, node), parent });
    at = parentPath;
    node = parent;
  }
  return { ok: true, changes };
}

function isDue(node: NodeRecord, { timeMs }: Stamp): boolean {
  const fromMs = reapableFromMs(node);
  return fromMs !== undefined && fromMs <= timeMs;
}
