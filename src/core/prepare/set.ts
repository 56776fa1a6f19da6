import type { NodeRecord } from "../node.ts";
import { anyVersion } from "../operation.ts";
import { validatePath } from "../path.ts";
import type { StateReader } from "../state.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { badVersion, noNode } from "./refusals.ts";
import { nextVersion } from "./versions.ts";

/** PrepRequestProcessor, case setData. */
export function prepareSet(
  { path, data, version }: Of<"set">,
  state: StateReader,
  { stamp, identities }: Context,
): Prepared {
  const badPath = validatePath(path);
  if (badPath !== undefined) return refuse(badPath);
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  const refusal = denied("write", path, node, identities);
  if (refusal !== undefined) return refuse(refusal);
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
