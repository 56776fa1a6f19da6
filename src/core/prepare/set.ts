import type { Change, Stamp } from "../change.ts";
import type { NodeRecord } from "../node.ts";
import { anyVersion } from "../operation.ts";
import { validatePath } from "../path.ts";
import type { StateReader } from "../state.ts";
import { type Of, type Prepared, refuse } from "./prepared.ts";
import { badVersion, noNode } from "./refusals.ts";

/** PrepRequestProcessor, case setData. */
export function prepareSet({ path, data, version }: Of<"set">, state: StateReader, stamp: Stamp): Prepared {
  const badPath = validatePath(path);
  if (badPath !== undefined) return refuse(badPath);
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  if (version !== anyVersion && version !== node.version) return refuse(badVersion(path, version, node));
  return { ok: true, changes: [setNode(path, node, data, state, stamp)], path };
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
