import { entryToText, maskedEntries } from "../core/acl.ts";
import type { Change, Transaction } from "../core/change.ts";
import { type Identity, nameOf } from "../core/identity.ts";
import { asContainer, forever, type NodeRecord } from "../core/node.ts";
import type { Caller, Operation, Outcome, ReadOperation } from "../core/operation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { CommitObserver } from "./group-commit.ts";

/** A line of the audit log, with the fields of ZooKeeper's (AuditEvent); what does not apply is left out. */
export interface AuditEntry {
  /** The id of the session that acted, or whose end it was. */
  readonly session?: number;
  /** Who did it: the names that the caller has proven, joined by commas, or else his address. */
  readonly user: string;
  readonly ip?: string;
  readonly operation: AuditOperation;
  readonly znode?: string;
  /** "persistent", "ephemeral", "container" or "persistent_with_ttl". */
  readonly znode_type?: string;
  /** The node's list after a creation or a change of it, as `scheme:id:cdrwa`, without hashes. */
  readonly acl?: string;
  readonly result: "success" | "failure" | "invoked";
  /** Why it failed. Not among ZooKeeper's fields. */
  readonly reason?: Refusal["reason"];
  /** What an operator has set. Not among ZooKeeper's fields. */
  readonly value?: string;
}

/** ZooKeeper's names (AuditConstants), and those of reads, which are told of when they are denied. */
export type AuditOperation =
  | "serverStart"
  | "serverStop"
  | "create"
  | "delete"
  | "setData"
  | "setAcl"
  | "multiOperation"
  | "ephemeralZNodeDeletionOnSessionCloseOrExpire"
  | "getData"
  | "exists"
  | "getChildren"
  | "getAcl"
  | "scan"
  | AdminAction["operation"];

/** What operators do to a running server, or take from it as a whole; ZooKeeper has no names for it. */
export interface AdminAction {
  readonly operation: "backup" | "expireSession" | "setDraining" | "setLogLevel";
  /** The session whose end it is. */
  readonly session?: number;
  /** What was set. */
  readonly value?: string;
}

/** Where the audit log goes. */
export interface AuditSink {
  write(entry: AuditEntry): void;
  /** The name for what the server does by itself. */
  readonly serverUser: string;
}

const readNames: Readonly<Record<ReadOperation["op"], AuditOperation>> = {
  get: "getData",
  exists: "exists",
  list: "getChildren",
  getAcl: "getAcl",
};

/** Tells the audit log of every change once it is durable, and of every write that was refused. Never of data. */
export class Auditor implements CommitObserver {
  readonly #sink: AuditSink;

  constructor(sink: AuditSink) {
    this.#sink = sink;
  }

  applied({ changes }: Transaction, caller: Caller): void {
    const last = changes.at(-1)!;
    if (last.kind === "sessionClosed") this.#sessionEnded(changes, last.sessionId);
    else for (const change of changes) this.#changed(change, caller);
  }

  /** What was refused. That it was not allowed is one of many reasons. */
  answered(operation: Operation, caller: Caller, outcome: Outcome): void {
    if (operation.op === "read") {
      const { op, path } = operation.operation;
      if (!outcome.ok && outcome.refusal.reason === "NO_AUTH") this.denied(readNames[op], path, caller);
      return;
    }
    const name = operationNames[operation.op];
    if (outcome.ok || name === undefined) return;
    const znode = "path" in operation && { znode: operation.path };
    this.#write(caller, { operation: name, ...znode, result: "failure", reason: outcome.refusal.reason });
  }

  /** A read that was not allowed. */
  denied(operation: AuditOperation, znode: string, caller: Caller): void {
    this.#write(caller, { operation, znode, result: "failure", reason: "NO_AUTH" });
  }

  /** What an operator did, or was refused and why. */
  acted(action: AdminAction, caller: Caller, reason?: Refusal["reason"]): void {
    const result =
      reason === undefined ? { result: "success" as const } : { result: "failure" as const, reason };
    this.#write(caller, { ...action, ...result });
  }

  #changed(change: Change, caller: Caller): void {
    if (!("node" in change)) return;
    const { path: znode, node } = change;
    const withAcl = change.kind === "nodeCreated" || change.kind === "nodeAclSet";
    const acl = withAcl && { acl: maskedEntries(node.acl).map(entryToText).join(",") };
    const common = { znode, znode_type: typeOf(node), ...acl, result: "success" } as const;
    this.#write(caller, { operation: changeNames[change.kind], ...common });
  }

  #sessionEnded(changes: readonly Change[], session: number): void {
    const user = this.#sink.serverUser;
    const operation = "ephemeralZNodeDeletionOnSessionCloseOrExpire";
    for (const change of changes) {
      if (change.kind !== "nodeDeleted") continue;
      this.#sink.write({
        session,
        user,
        operation,
        znode: change.path,
        znode_type: "ephemeral",
        result: "success",
      });
    }
  }

  #write({ sessionId, identities, address }: Caller, entry: Omit<AuditEntry, "user" | "ip">): void {
    const session = sessionId !== undefined && { session: sessionId };
    const ip = address !== undefined && { ip: address };
    const user = userOf(identities, address) ?? this.#sink.serverUser;
    this.#sink.write({ ...session, user, ...ip, ...entry });
  }
}

const changeNames = {
  nodeCreated: "create",
  nodeDataSet: "setData",
  nodeDeleted: "delete",
  nodeAclSet: "setAcl",
} as const;

/** What changes nodes; sessions are not audited, as in ZooKeeper. */
const operationNames: Partial<Record<Operation["op"], AuditOperation>> = {
  create: "create",
  set: "setData",
  delete: "delete",
  setAcl: "setAcl",
  transact: "multiOperation",
};

/** AuthUtil.getUsers, but for the address, which has a field of its own. */
function userOf(identities: readonly Identity[] = [], address?: string): string | undefined {
  const names = identities.filter(({ scheme }) => scheme !== "ip").map(nameOf);
  return names.length === 0 ? address : [...new Set(names)].join(",");
}

function typeOf({ ephemeralOwner, lifetimeMs }: NodeRecord): string {
  if (ephemeralOwner !== 0) return "ephemeral";
  if (lifetimeMs === forever) return "persistent";
  return lifetimeMs === asContainer ? "container" : "persistent_with_ttl";
}
