import type { Change, Transaction } from "./change.ts";
import type { NodeRecord } from "./node.ts";
import { parentOf } from "./path.ts";
import type { StateWriter } from "./state.ts";

/**
 * Makes a decided transaction true, in the staged state first and in the visible one once it is durable.
 * It decides nothing and cannot fail; that a change fits the state is the promise of prepare.ts.
 */
export function apply(transaction: Transaction, state: StateWriter): void {
  for (const change of transaction.changes) applyChange(change, transaction, state);
}

function applyChange(change: Change, { zxid, timeMs }: Transaction, state: StateWriter): void {
  switch (change.kind) {
    case "nodeCreated":
      state.putNode(change.path, createdNode(change, zxid, timeMs), change.data);
      updateParent(state, change.path, { pzxid: zxid, creates: change.parentCreates }, 1);
      return;
    case "nodeDataSet": {
      const node = state.node(change.path)!;
      const { version, data } = change;
      state.putNode(
        change.path,
        { ...node, version, mzxid: zxid, mtimeMs: timeMs, dataLength: data.length },
        data,
      );
      return;
    }
    case "nodeDeleted":
      state.removeNode(change.path);
      updateParent(state, change.path, { pzxid: zxid }, -1);
      return;
    case "sessionOpened":
      state.putSession({ id: change.sessionId, secret: change.secret, timeoutMs: change.timeoutMs });
      return;
    case "sessionTimeoutSet":
      state.putSession({ ...state.session(change.sessionId)!, timeoutMs: change.timeoutMs });
      return;
    case "sessionClosed":
      state.removeSession(change.sessionId);
      return;
  }
}

function createdNode(
  change: Extract<Change, { kind: "nodeCreated" }>,
  zxid: number,
  timeMs: number,
): NodeRecord {
  return {
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: timeMs,
    mtimeMs: timeMs,
    version: 0,
    creates: 0,
    aversion: 0,
    ephemeralOwner: change.ephemeralOwner,
    dataLength: change.data.length,
    numChildren: 0,
  };
}

/** A parent's pzxid and counters follow its set of children; its mzxid, mtime and version never do. */
function updateParent(
  state: StateWriter,
  path: string,
  values: { readonly pzxid: number; readonly creates?: number },
  childrenDelta: number,
): void {
  const parentPath = parentOf(path);
  const parent = state.node(parentPath)!;
  state.putNode(parentPath, { ...parent, ...values, numChildren: parent.numChildren + childrenDelta });
}
