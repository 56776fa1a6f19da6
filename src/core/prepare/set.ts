import type { Change, Stamp } from "../change.ts";
import type { NodeRecord } from "../node.ts";
import { anyVersion } from "../operation.ts";
import { validatePath } from "../path.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { checkLimits, checkQuotas } from "./quota.ts";
import { badVersion, noNode } from "./refusals.ts";
import { nextVersion } from "./versions.ts";

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
  const refusal =
    denied("write", path, node, context.identities) ??
    checkLimits(path, data) ??
    checkQuotasOfSet(path, node, data, state, context);
  if (refusal !== undefined) return refuse(refusal);
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
