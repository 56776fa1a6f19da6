import { listPageBytesMax, listPageStatsMax, pageAclEntriesMax } from "../../limits.ts";
import { Decider, maskedEntries, permits } from "../acl.ts";
import type { Identity } from "../identity.ts";
import { type Stat, statOf } from "../node.ts";
import type { ReadOperation, ReadResult } from "../operation.ts";
import { childPath, validatePath } from "../path.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { denied } from "./permission.ts";
import { noNode } from "./refusals.ts";

/** What a read found, and about what the answer takes in memory and on the wire; or why it is refused. */
export type Read<Result extends ReadResult = ReadResult> =
  | { readonly ok: true; readonly result: Result; readonly bytes: number }
  | { readonly ok: false; readonly refusal: Refusal };

/** What a read of this kind finds. */
type ResultOf<Operation extends ReadOperation> = Extract<ReadResult, { op: Operation["op"] }>;

/** Reads the staged state: for reads that have their place in the order of the writes. */
export function read<Operation extends ReadOperation>(
  operation: Operation,
  state: StateReader,
  identities: readonly Identity[],
): Read<ResultOf<Operation>> {
  return readAny(operation, state, identities) as Read<ResultOf<Operation>>;
}

function readAny(operation: ReadOperation, state: StateReader, identities: readonly Identity[]): Read {
  const { path } = operation;
  const badPath = validatePath(path);
  if (badPath !== undefined) return { ok: false, refusal: badPath };
  const node = state.node(path);
  const refusal = node && denied("read", path, node, identities);
  const whole = node !== undefined && permits(node.acl, identities, "admin");
  // Who may change a list may read it.
  if (refusal !== undefined && !(operation.op === "getAcl" && whole)) return { ok: false, refusal };
  if (operation.op === "exists") return found({ op: "exists", stat: node && statOf(node) }, 0);
  if (node === undefined) return { ok: false, refusal: noNode(path) };
  const stat = statOf(node);
  if (operation.op === "list") return list(operation, stat, state, identities);
  if (operation.op === "getAcl") {
    const entries = whole ? node.acl.entries : maskedEntries(node.acl);
    return found({ op: "getAcl", entries, stat }, node.acl.text.length);
  }
  const data = state.data(path)!;
  return found({ op: "get", data, stat }, data.length);
}

function list(
  { path, after, countMax, withStats }: Extract<ReadOperation, { op: "list" }>,
  stat: Stat,
  state: StateReader,
  identities: readonly Identity[],
): Read {
  const children: { name: string; stat?: Stat }[] = [];
  const decider = new Decider(identities, "read");
  const most = withStats ? Math.min(countMax, listPageStatsMax) : countMax;
  let bytes = 0;
  let more = false;
  for (const name of state.childNames(path, after)) {
    more = children.length === most || bytes >= listPageBytesMax || decider.lookedAt >= pageAclEntriesMax;
    if (more) break;
    children.push({ name, ...(withStats && statOfChild(childPath(path, name), state, decider)) });
    bytes += nameBytes + name.length + (withStats ? resultBytes : 0);
  }
  return found({ op: "list", stat, children, more }, bytes);
}

/** A Stat is for whom may read the node, which is more than to know its name. */
function statOfChild(path: string, state: StateReader, decider: Decider): { stat: Stat } | undefined {
  const node = state.node(path)!;
  return decider.permits(node.acl) ? { stat: statOf(node) } : undefined;
}

function found(result: ReadResult, bytes: number): Read {
  return { ok: true, result, bytes: bytes + resultBytes };
}

/** About what a result takes beside its names and data: a Stat, mostly. */
export const resultBytes = 100;

/** About what the name of a child takes beside its letters. */
const nameBytes = 16;
