import { type Acl, openAcl } from "../acl.ts";
import { fixAcl } from "../acl-rules.ts";
import { createdNode, type NodeRecord, withChild } from "../node.ts";
import { anyVersion, type Caller, type NotDone } from "../operation.ts";
import { checkPathLength, checkPathStart, parentOf, validatePath } from "../path.ts";
import { quotaOfStats } from "../quota.ts";
import type { Refusal } from "../refusal.ts";
import { freeNumber, sequentialPath } from "../sequence.ts";
import type { StateReader } from "../state.ts";
import { checkTtl, lifetimeOf, traitsOf } from "./create-mode.ts";
import { checkEphemerals } from "./ephemeral-limits.ts";
import { createParents, type Parents } from "./parents.ts";
import { denied } from "./permission.ts";
import { type Context, type Of, type Prepared, refuse } from "./prepared.ts";
import { checkLimits, checkQuotasOfCreate, createStats } from "./quota.ts";
import {
  badArgument,
  noChildrenForEphemerals,
  nodeExists,
  noNode,
  sequenceUsedUp,
  sessionRequired,
} from "./refusals.ts";
import { prepareSet } from "./set.ts";
import { prepareTakeOver } from "./take-over.ts";

type Create = Of<"create">;

/** PrepRequestProcessor.pRequest2TxnCreate. */
export function prepareCreate(
  operation: Create,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const { path, mode, ttlMs = 0 } = operation;
  const { ephemeral, sequential } = traitsOf[mode];
  const contradiction = checkTtl(mode, ttlMs) ?? checkIfExists(operation);
  if (contradiction !== undefined) return refuse(contradiction);
  if (ephemeral && caller.sessionId === undefined) return refuse(sessionRequired);
  const badStart = checkPathStart(path);
  if (badStart !== undefined) return refuse(badStart);
  const acl = operation.acl === undefined ? openAcl : fixAcl(operation.acl, context.identities);
  if ("reason" in acl) return refuse(acl);
  const parentPath = parentOf(path);
  const parents = findParents({ ...operation, acl }, parentPath, state, context);
  if ("ok" in parents) return parents;
  const { parent } = parents;
  const badLimits = sequential ? undefined : checkLimits(path, operation.data);
  if (badLimits !== undefined) return refuse(badLimits);
  const number = sequential ? nextNumber(path, parent, state, context) : parent.creates;
  if (number === undefined) return refuse(sequenceUsedUp(parentPath));
  const created = sequential ? sequentialPath(path, number) : path;
  // What breaks a rule is the caller's path, so it is that one which the refusal quotes.
  const badPath = validatePath(path, sequential) ?? checkPathLength(created);
  if (badPath !== undefined) return refuse(badPath);
  const existing = sequential ? undefined : state.node(created);
  if (existing !== undefined) return useExisting(operation, created, caller, state, context);
  if (parent.ephemeralOwner !== 0) return refuse(noChildrenForEphemerals(parentPath));
  const ephemeralOwner = ephemeral ? caller.sessionId! : 0;
  const tooMany = ephemeral ? checkEphemerals(ephemeralOwner, created, state) : undefined;
  if (tooMany !== undefined) return refuse(tooMany);
  const { stamp } = context;
  const data = quotaOfStats(created) === undefined ? operation.data : new Uint8Array();
  const node = createdNode(stamp, { ephemeralOwner, lifetimeMs: lifetimeOf(mode, ttlMs), acl }, data.length);
  const change = {
    kind: "nodeCreated",
    path: created,
    data,
    node,
    parent: withChild(parent, stamp.zxid, number),
  } as const;
  const changes = [...parents.changes, change];
  const exceeded = checkQuotasOfCreate(changes, state, context);
  if (exceeded !== undefined) return refuse(exceeded);
  return { ok: true, changes: [...changes, ...createStats(change, state, stamp)], path: created };
}

function nextNumber(
  path: string,
  { creates }: NodeRecord,
  state: StateReader,
  { stamp }: Context,
): number | undefined {
  const isTaken = (number: number) => state.node(sequentialPath(path, number)) !== undefined;
  return freeNumber(creates, isTaken, stamp.zxid);
}

function checkIfExists({ mode, ifExists = "fail" }: Create): Refusal | undefined {
  const { ephemeral, sequential } = traitsOf[mode];
  if (ifExists !== "fail" && sequential) {
    return badArgument("if_exists", "a node with a sequence number is always a new one");
  }
  if (ifExists === "takeOver" && !ephemeral) {
    return badArgument("if_exists", "only an ephemeral node can be taken over");
  }
  return undefined;
}

function findParents(
  { path, mode, parents, acl }: Omit<Create, "acl"> & { readonly acl: Acl },
  parentPath: string,
  state: StateReader,
  context: Context,
): Parents | NotDone {
  const parent: NodeRecord | undefined = state.node(parentPath);
  if (parent !== undefined) {
    const refusal = denied("create", parentPath, parent, context.identities);
    return refusal === undefined ? { parent, changes: [] } : refuse(refusal);
  }
  if (parents === undefined) {
    return refuse(noNode(parentPath, `the parent ${parentPath} does not exist; create it first`));
  }
  const badPath = validatePath(path, traitsOf[mode].sequential);
  return badPath === undefined
    ? createParents(parentPath, { kind: parents, acl }, state, context)
    : refuse(badPath);
}

function useExisting(
  operation: Create,
  path: string,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const { data, ifExists = "fail" } = operation;
  const mayNotRead = denied("read", path, state.node(path)!, context.identities);
  switch (ifExists) {
    case "fail":
      // ZooKeeper's command line creates the usage of a quota after its limits: let it find what it wants.
      if (quotaOfStats(path) === undefined || mayNotRead !== undefined) return refuse(nodeExists(path));
      return { ok: true, changes: [], path, existed: true };
    case "get": {
      if (mayNotRead !== undefined) return refuse(mayNotRead);
      return { ok: true, changes: [], path, existed: true, data: state.data(path)! };
    }
    case "set": {
      const set = prepareSet({ op: "set", path, data, version: anyVersion }, state, context);
      return set.ok ? { ...set, existed: true } : set;
    }
    case "takeOver":
      return prepareTakeOver(operation, path, caller, state, context);
  }
}
