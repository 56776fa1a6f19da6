import type { Stamp } from "../change.ts";
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
  const after: NodeRecord = {
    ...node,
    version: nextVersion(node.version),
    mzxid: stamp.zxid,
    mtimeMs: stamp.timeMs,
    dataLength: data.length,
  };
  const change = {
    kind: "nodeDataSet",
    path,
    data,
    node: after,
    previousData: state.data(path)!,
  } as const;
  return { ok: true, changes: [change], path };
}

/**
 * Versions wrap around 32 bits, past -1, which would mean "any": ZooKeeper 3.10 does the same
 * (ZOOKEEPER-4743); in 3.9 a node at -1 cannot be expected.
 */
function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === anyVersion ? 0 : next;
}
