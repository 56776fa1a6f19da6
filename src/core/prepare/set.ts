import type { Change, Stamp } from "../change.ts";
import type { NodeRecord } from "../node.ts";
import { anyVersion } from "../operation.ts";
import { validatePath } from "../path.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { checkQuotas } from "./quota.ts";
import { badVersion, noNode } from "./refusals.ts";

/** PrepRequestProcessor, case setData. */
export function prepareSet(
  { path, data, version }: Of<"set">,
  state: StateReader,
  context: Context,
): Prepared {
  const badPath = validatePath(path);
  if (badPath !== undefined) return refuse(badPath);
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  const exceeded = checkQuotasOfSet(path, node, data, state, context);
  if (exceeded !== undefined) return refuse(exceeded);
  if (version !== anyVersion && version !== node.version) return refuse(badVersion(path, version, node));
  return { ok: true, changes: [setNode(path, node, data, state, context.stamp)], path };
}

/** Whether new data fit the quotas that the node is in. */
export function checkQuotasOfSet(
  path: string,
  node: NodeRecord,
  data: Uint8Array,
  state: StateReader,
  context: Context,
): Refusal | undefined {
  const by = { count: 0, bytes: data.length - node.dataLength };
  return checkQuotas(path, () => [{ path, by }], state, context);
}

/** Sets the data of a node that is there. */
export function setNode(
  path: string,
  node: NodeRecord,
  data: Uint8Array,
  state: StateReader,
  { zxid, timeMs }: Stamp,
): Extract<Change, { kind: "nodeDataSet" }> {
  const changed = {
    version: nextVersion(node.version),
    mzxid: zxid,
    mtimeMs: timeMs,
    dataLength: data.length,
  };
  return {
    kind: "nodeDataSet",
    path,
    data,
    node: { ...node, ...changed },
    previousData: state.data(path)!,
  };
}

/**
 * Versions wrap around 32 bits, past -1, which would mean "any": ZooKeeper 3.10 does the same
 * (ZOOKEEPER-4743); in 3.9 a node at -1 cannot be expected.
 */
function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === anyVersion ? 0 : next;
}
