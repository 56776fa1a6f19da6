import type { NodeRecord } from "../node.ts";
import type { Refusal } from "../refusal.ts";

/** There is no node at the path. */
export function noNode(path: string, message = `there is no node at ${path}`): Refusal {
  return { reason: "NO_NODE", message, facts: { path } };
}

export function nodeExists(path: string): Refusal {
  return { reason: "NODE_EXISTS", message: `there is already a node at ${path}`, facts: { path } };
}

/** The parent has given all its sequence numbers. */
export function sequenceUsedUp(path: string): Refusal {
  const message = `the sequence numbers of ${path} are used up; create the nodes under another parent`;
  return { reason: "SEQUENCE_USED_UP", message, facts: { path } };
}

export function noChildrenForEphemerals(path: string): Refusal {
  const message = `the parent ${path} is ephemeral and can have no children`;
  return { reason: "NO_CHILDREN_FOR_EPHEMERALS", message, facts: { path } };
}

/** The session is closed, expired, or never was. */
export function sessionExpired(sessionId?: number): Refusal {
  const message = "the session has expired or is unknown; open a new one";
  return {
    reason: "SESSION_EXPIRED",
    message,
    facts: sessionId === undefined ? {} : { session_id: sessionId },
  };
}

export const sessionRequired: Refusal = {
  reason: "SESSION_REQUIRED",
  message: "an ephemeral node needs a session: put its token into the corral-session metadata",
};

/** @param node undefined for a caller that may not know its Stat */
export function badVersion(path: string, expected: number, node: NodeRecord | undefined): Refusal {
  if (node === undefined) {
    const message = `${path} does not have version ${expected}`;
    return { reason: "BAD_VERSION", message, facts: { path, expected } };
  }
  const message = `${path} has version ${node.version}, not ${expected}; read it again and decide anew`;
  return { reason: "BAD_VERSION", message, facts: { path, expected, actual: node.version } };
}

/** @param node undefined for a caller that may not know its Stat */
export function notEmpty(path: string, node: NodeRecord | undefined): Refusal {
  if (node === undefined) {
    return { reason: "NOT_EMPTY", message: `${path} has children; delete them first`, facts: { path } };
  }
  const message =
    node.numChildren === 1
      ? `${path} has a child; delete it first`
      : `${path} has ${node.numChildren} children; delete them first`;
  return { reason: "NOT_EMPTY", message, facts: { path, num_children: node.numChildren } };
}

/** The version of the access control list. */
export function badAversion(path: string, expected: number, { aversion: actual }: NodeRecord): Refusal {
  const message = `the access control list of ${path} has version ${actual}, not ${expected}; read it again`;
  return { reason: "BAD_VERSION", message, facts: { path, expected, actual } };
}

export function badArgument(field: string, message: string): Refusal {
  return { reason: "BAD_ARGUMENTS", message, field };
}

/** What would happen under one zxid is more than one step may do. @param what of which there is too much. */
export function transactionTooLarge(what: string, actual: number, limit: number): Refusal {
  const message = `the transaction has ${actual} ${what} or more; at most ${limit} are allowed: split it`;
  return { reason: "TRANSACTION_TOO_LARGE", message, facts: { what, limit, actual } };
}
