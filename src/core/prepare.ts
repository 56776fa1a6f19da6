import { dataBytesMax, ephemeralsPerSessionMax, eventDataBytesMax, sessionsMax } from "../limits.ts";
import type { Change, Stamp } from "./change.ts";
import { createdNode, type NodeRecord } from "./node.ts";
import type { Caller, Operation } from "./operation.ts";
import { checkPathLength, checkPathStart, isSpecialPath, parentOf, validatePath } from "./path.ts";
import type { Reason, Refusal } from "./refusal.ts";
import { sequentialPath } from "./sequence.ts";
import type { StateReader } from "./state.ts";

/** What an operation comes to: changes, and the path that was created; or a refusal that changed nothing. */
export type Prepared =
  | { readonly ok: true; readonly changes: readonly Change[]; readonly path?: string }
  | { readonly ok: false; readonly refusal: Refusal };

type Of<Op extends Operation["op"]> = Extract<Operation, { op: Op }>;

/**
 * Decides an operation on the staged state, as the next transaction with this stamp. Pure: the first failing
 * check wins, in the order of ZooKeeper's PrepRequestProcessor.
 */
export function prepare(operation: Operation, caller: Caller, state: StateReader, stamp: Stamp): Prepared {
  if (caller.sessionId !== undefined && state.session(caller.sessionId) === undefined) {
    return { ok: false, refusal: sessionExpired(caller.sessionId) };
  }
  const tooLarge = checkSizes(operation);
  if (tooLarge !== undefined) return { ok: false, refusal: tooLarge };
  switch (operation.op) {
    case "create":
      return prepareCreate(operation, caller, state, stamp);
    case "set":
      return prepareSet(operation, state, stamp);
    case "delete":
      return prepareDelete(operation, state, stamp);
    case "openSession":
      return prepareOpenSession(operation, state, stamp);
    case "setSessionTimeout":
      return prepareSetSessionTimeout(operation, state);
    case "closeSession":
      return prepareCloseSession(operation, state, stamp);
    case "sync":
      return { ok: true, changes: [] };
  }
}

function prepareCreate(
  { path, data, mode }: Of<"create">,
  caller: Caller,
  state: StateReader,
  stamp: Stamp,
): Prepared {
  const ephemeral = mode === "ephemeral" || mode === "ephemeralSequential";
  const sequential = mode === "persistentSequential" || mode === "ephemeralSequential";
  if (ephemeral && caller.sessionId === undefined) return refuse(sessionRequired);
  const badStart = checkPathStart(path);
  if (badStart !== undefined) return refuse(badStart);
  const parentPath = parentOf(path);
  const parent = state.node(parentPath);
  if (parent === undefined)
    return refuse(noNode(parentPath, `the parent ${parentPath} does not exist; create it first`));
  const created = sequential ? sequentialPath(path, parent.creates) : path;
  // What breaks a rule is the caller's path, so it is that one which the refusal quotes.
  const badPath = validatePath(path, sequential) ?? checkPathLength(created);
  if (badPath !== undefined) return refuse(badPath);
  if (state.node(created) !== undefined) {
    return refuse(refusal("NODE_EXISTS", `there is already a node at ${created}`, { path: created }));
  }
  if (parent.ephemeralOwner !== 0) {
    const message = `the parent ${parentPath} is ephemeral and can have no children`;
    return refuse(refusal("NO_CHILDREN_FOR_EPHEMERALS", message, { path: parentPath }));
  }
  const ephemeralOwner = ephemeral ? caller.sessionId! : 0;
  if (ephemeral && ownsTooMany(ephemeralOwner, state)) return refuse(tooManyEphemerals);
  const node = createdNode(stamp, ephemeralOwner, data.length);
  const change: Change = {
    kind: "nodeCreated",
    path: created,
    data,
    node,
    parent: withChild(parent, stamp.zxid),
  };
  return { ok: true, changes: [change], path: created };
}

function ownsTooMany(sessionId: number, state: StateReader): boolean {
  // Counting exactly is work for the length of the list, so the cheap bound goes first.
  if (state.ephemeralCountMax(sessionId) < ephemeralsPerSessionMax) return false;
  return state.ephemeralsOf(sessionId).length >= ephemeralsPerSessionMax;
}

/**
 * A parent's pzxid and counters follow its set of children; its mzxid, mtime and version never do.
 * DataTree.createNode raises the counter only while it grows, so it stays at the largest 32-bit number.
 */
function withChild(parent: NodeRecord, zxid: number): NodeRecord {
  const creates = Math.min(parent.creates + 1, int32Max);
  return { ...parent, pzxid: zxid, creates, numChildren: parent.numChildren + 1 };
}

function withoutChild(parent: NodeRecord, zxid: number): NodeRecord {
  return { ...parent, pzxid: zxid, numChildren: parent.numChildren - 1 };
}

function prepareSet({ path, data, version }: Of<"set">, state: StateReader, stamp: Stamp): Prepared {
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
  const change: Change = {
    kind: "nodeDataSet",
    path,
    data,
    node: after,
    previousData: state.data(path)!,
  };
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

function prepareDelete({ path, version }: Of<"delete">, state: StateReader, { zxid }: Stamp): Prepared {
  const badPath = validatePath(path) ?? (isSpecialPath(path) ? reservedNode(path) : undefined);
  if (badPath !== undefined) return refuse(badPath);
  const parentPath = parentOf(path);
  const parent = state.node(parentPath);
  if (parent === undefined) return refuse(noNode(parentPath));
  const node = state.node(path);
  if (node === undefined) return refuse(noNode(path));
  if (version !== anyVersion && version !== node.version) return refuse(badVersion(path, version, node));
  if (node.numChildren > 0) {
    const message = `${path} has ${node.numChildren} children; delete them first`;
    return refuse(refusal("NOT_EMPTY", message, { path, num_children: node.numChildren }));
  }
  const change: Change = {
    kind: "nodeDeleted",
    path,
    node,
    previousData: state.data(path)!,
    parent: withoutChild(parent, zxid),
  };
  return { ok: true, changes: [change] };
}

function prepareOpenSession(operation: Of<"openSession">, state: StateReader, { zxid }: Stamp): Prepared {
  if (state.sessionCount >= sessionsMax) {
    const message = `the server holds ${sessionsMax} sessions already; close some or wait until they expire`;
    return refuse(refusal("TOO_MANY_SESSIONS", message, { limit: sessionsMax }));
  }
  const { secret, timeoutMs } = operation;
  return { ok: true, changes: [{ kind: "sessionOpened", sessionId: zxid, secret, timeoutMs }] };
}

function prepareSetSessionTimeout(operation: Of<"setSessionTimeout">, state: StateReader): Prepared {
  const { sessionId, timeoutMs } = operation;
  if (state.session(sessionId) === undefined) return refuse(sessionExpired(sessionId));
  return { ok: true, changes: [{ kind: "sessionTimeoutSet", sessionId, timeoutMs }] };
}

/** All ephemeral nodes of the session go under one zxid: PrepRequestProcessor, case closeSession. */
function prepareCloseSession(
  { sessionId }: Of<"closeSession">,
  state: StateReader,
  { zxid }: Stamp,
): Prepared {
  if (state.session(sessionId) === undefined) return refuse(sessionExpired(sessionId));
  const changes: Change[] = [];
  /** A parent of several of them, after the deletions so far. */
  const parents = new Map<string, NodeRecord>();
  let bytes = 0;
  for (const path of state.ephemeralsOf(sessionId)) {
    const node = state.node(path)!;
    const parentPath = parentOf(path);
    const parent = withoutChild(parents.get(parentPath) ?? state.node(parentPath)!, zxid);
    parents.set(parentPath, parent);
    bytes += node.dataLength;
    const previousData = bytes <= eventDataBytesMax ? state.data(path)! : undefined;
    changes.push({ kind: "nodeDeleted", path, node, previousData, parent });
  }
  changes.push({ kind: "sessionClosed", sessionId });
  return { ok: true, changes };
}

function checkSizes(operation: Operation): Refusal | undefined {
  if ("data" in operation && operation.data.length > dataBytesMax) {
    const actual = operation.data.length;
    const message = `the data has ${actual} bytes; at most ${dataBytesMax} are allowed`;
    return refusal("DATA_TOO_LARGE", message, { limit: dataBytesMax, actual });
  }
  return "path" in operation ? checkPathLength(operation.path) : undefined;
}

function refuse(reason: Refusal): Prepared {
  return { ok: false, refusal: reason };
}

function refusal(reason: Reason, message: string, facts: NonNullable<Refusal["facts"]>): Refusal {
  return { reason, message, facts };
}

/** There is no node at the path. */
export function noNode(path: string, message = `there is no node at ${path}`): Refusal {
  return refusal("NO_NODE", message, { path });
}

/** The session is closed, expired, or never was. */
export function sessionExpired(sessionId?: number): Refusal {
  const message = "the session has expired or is unknown; open a new one";
  return refusal("SESSION_EXPIRED", message, sessionId === undefined ? {} : { session_id: sessionId });
}

const sessionRequired: Refusal = {
  reason: "SESSION_REQUIRED",
  message: "an ephemeral node needs a session: put its token into the corral-session metadata",
};

const tooManyEphemerals: Refusal = {
  reason: "TOO_MANY_EPHEMERALS",
  message: `the session owns ${ephemeralsPerSessionMax} ephemeral nodes already; open another session`,
  facts: { limit: ephemeralsPerSessionMax },
};

function badVersion(path: string, expected: number, { version: actual }: NodeRecord): Refusal {
  const message = `${path} has version ${actual}, not ${expected}; read it again and decide anew`;
  return refusal("BAD_VERSION", message, { path, expected, actual });
}

function reservedNode(path: string): Refusal {
  const message = `${path} is reserved and cannot be deleted`;
  return { reason: "BAD_ARGUMENTS", message, facts: { path }, field: "path" };
}

const anyVersion = -1;
const int32Max = 2_147_483_647;
