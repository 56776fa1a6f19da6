import type { Change } from "../change.ts";
import { ageMs } from "../clock-jumps.ts";
import { type NodeRecord, staysForMs, withoutChild } from "../node.ts";
import { parentOf } from "../path.ts";
import type { StateReader } from "../state.ts";
import { ChangeBudget } from "./change-budget.ts";
import type { Context, Of, Prepared } from "./prepared.ts";
import { PreviousData } from "./previous-data.ts";

/**
 * ContainerManager.checkContainers, decided anew: a child created or data set meanwhile save the node. What is
 * emptied by it goes under the same zxid, where ZooKeeper takes a pass for each level.
 */
export function prepareReap({ path }: Of<"reap">, state: StateReader, context: Context): Prepared {
  const { stamp, limits } = context;
  const changes: Change[] = [];
  const previousData = new PreviousData(state);
  const budget = new ChangeBudget(limits);
  let at = path;
  let node = state.node(at);
  while (node !== undefined && isDue(node, context)) {
    // What does not fit has its turn later.
    if (budget.add(at) !== undefined) break;
    const parentPath = parentOf(at);
    const parent: NodeRecord = withoutChild(state.node(parentPath)!, stamp.zxid);
    changes.push({ kind: "nodeDeleted", path: at, node, previousData: previousData.of(at, node), parent });
    at = parentPath;
    node = parent;
  }
  return { ok: true, changes };
}

function isDue(node: NodeRecord, { stamp, jumps }: Context): boolean {
  const staysMs = staysForMs(node);
  if (staysMs === undefined) return false;
  const { mzxid: zxid, mtimeMs: timeMs } = node;
  return ageMs({ wallMs: stamp.timeMs, jumps }, { zxid, timeMs }) > staysMs;
}
