import type { Change, Transaction } from "./change.ts";
import { parentOf } from "./path.ts";
import type { StateWriter } from "./state.ts";

/**
 * Makes a decided transaction true, in the staged state first and in the visible one once it is durable.
 * It decides nothing and cannot fail; that a change fits the state is the promise of prepare.ts.
 */
export function apply(transaction: Transaction, state: StateWriter): void {
  for (const change of transaction.changes) applyChange(change, state);
}

function applyChange(change: Change, state: StateWriter): void {
  switch (change.kind) {
    case "nodeCreated":
      state.putNode(change.path, change.node, change.data);
      state.putNode(parentOf(change.path), change.parent);
      return;
    case "nodeDataSet":
      state.putNode(change.path, change.node, change.data);
      return;
    case "nodeAclSet":
      state.putAcl(change.path, change.node);
      return;
    case "nodeDeleted":
      state.removeNode(change.path);
      state.putNode(parentOf(change.path), change.parent);
      return;
    case "sessionOpened":
      state.putSession(sessionOf(change));
      return;
    case "sessionTimeoutSet":
      state.putSession({ ...state.session(change.sessionId)!, timeoutMs: change.timeoutMs });
      return;
    case "sessionClosed":
      state.removeSession(change.sessionId);
      return;
    case "requestAnswered":
      for (const zxid of change.forgets) state.forgetRequest(zxid);
      state.putRequest(change);
      return;
  }
}

function sessionOf({ sessionId: id, secret, timeoutMs, owner }: Extract<Change, { kind: "sessionOpened" }>) {
  return { id, secret, timeoutMs, owner };
}
