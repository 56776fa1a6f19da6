import type { AclEntry } from "./acl.ts";
import type { Identity } from "./identity.ts";
import type { Stat } from "./node.ts";
import type { Refusal } from "./refusal.ts";
import type { RequestMark } from "./request.ts";

export type CreateMode =
  | "persistent"
  | "persistentSequential"
  | "ephemeral"
  | "ephemeralSequential"
  | "container"
  | "persistentWithTtl"
  | "persistentSequentialWithTtl";

/** Stands for any version. */
export const anyVersion = -1;

/** What changes nodes: alone, or among the operations of a transaction. Versions: -1 means any. */
export type NodeOperation =
  | {
      readonly op: "create";
      readonly path: string;
      readonly data: Uint8Array;
      readonly mode: CreateMode;
      /** Who may do what with the node, and with those made above it. Default: everybody everything. */
      readonly acl?: readonly AclEntry[];
      /** Of the modes with a TTL, and of no other. */
      readonly ttlMs?: number;
      /** Create what is missing above the node, as this; undefined to refuse. */
      readonly parents?: "persistent" | "container" | undefined;
      /** What to do if there is a node already: refuse, answer it, set its data, or make it ours. Default: refuse. */
      readonly ifExists?: "fail" | "get" | "set" | "takeOver";
    }
  | { readonly op: "set"; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | {
      readonly op: "delete";
      readonly path: string;
      readonly version: number;
      /** Delete what is below it too. */
      readonly recursive?: boolean;
    };

/** A question about one node. All but `exists` are false of a node that is missing. */
export type Condition = { readonly path: string } & (
  | { readonly test: "exists"; readonly expected: boolean }
  /** ZooKeeper's check: -1 means any version. */
  | { readonly test: "version"; readonly expected: number }
  | { readonly test: "aversion" | "czxid" | "numChildren"; readonly expected: number }
  | { readonly test: "data"; readonly expected: Uint8Array }
);

/** What only looks. */
export type ReadOperation =
  | { readonly op: "get"; readonly path: string }
  | { readonly op: "getAcl"; readonly path: string }
  | { readonly op: "exists"; readonly path: string }
  | {
      readonly op: "list";
      readonly path: string;
      /** The name after which the page starts; "" for the first. */
      readonly after: string;
      readonly countMax: number;
      readonly withStats: boolean;
    };

/** What a transaction may do, one after the other; each sees what those before it did. */
export type TransactOperation =
  | NodeOperation
  | { readonly op: "check"; readonly condition: Condition }
  | Exclude<ReadOperation, { op: "getAcl" }>;

/** What a caller may ask to be changed. */
export type Operation =
  | NodeOperation
  /** ZooKeeper's multi, with a choice before it: `operations` if all conditions hold, `elseOperations` if not. */
  | {
      readonly op: "transact";
      readonly conditions: readonly Condition[];
      readonly operations: readonly TransactOperation[];
      readonly elseOperations: readonly TransactOperation[];
    }
  | {
      readonly op: "setAcl";
      readonly path: string;
      readonly acl: readonly AclEntry[];
      /** Of the access control list; -1 means any. */
      readonly aversion: number;
      /** The same for every node below it. */
      readonly recursive?: boolean;
    }
  | {
      readonly op: "openSession";
      readonly secret: string;
      readonly timeoutMs: number;
      /** Default: none, "". */
      readonly owner?: string;
    }
  | { readonly op: "setSessionTimeout"; readonly sessionId: number; readonly timeoutMs: number }
  | { readonly op: "closeSession"; readonly sessionId: number }
  /** Deletes the node if it is due, and then the nodes above it that are due without it. */
  | { readonly op: "reap"; readonly path: string }
  /** Changes nothing: answered when everything before it has been applied. */
  | { readonly op: "sync" }
  /** The same, with what it finds there: a read that has its place in the order of the writes. */
  | { readonly op: "read"; readonly operation: ReadOperation };

/** Who acts. The session, when there is one, is checked before anything else. */
export interface Caller {
  readonly sessionId?: number;
  /** Everybody that the caller has proven to be; none for the server itself. */
  readonly identities?: readonly Identity[];
  /** Where the call comes from; undefined for the server itself. */
  readonly address?: string;
  /** The write is to be done once, however often it is asked for. */
  readonly request?: RequestMark;
}

export const anonymous: Caller = {};

/** What one operation of a transaction did or found, just after it. */
export type TransactResult =
  | {
      readonly op: "create";
      readonly path: string;
      readonly stat: Stat;
      readonly existed: boolean;
      /** Of a node that existed and was not set. */
      readonly data: Uint8Array | undefined;
    }
  | { readonly op: "set"; readonly stat: Stat }
  | { readonly op: "delete" | "check" }
  | Exclude<ReadResult, { op: "getAcl" }>;

/** What a read found. */
export type ReadResult =
  /** The entries as the caller may see them. */
  | { readonly op: "getAcl"; readonly entries: readonly AclEntry[]; readonly stat: Stat }
  | { readonly op: "get"; readonly data: Uint8Array; readonly stat: Stat }
  /** The Stat is absent when there is no node. */
  | { readonly op: "exists"; readonly stat: Stat | undefined }
  | {
      readonly op: "list";
      readonly stat: Stat;
      readonly children: readonly { readonly name: string; readonly stat?: Stat }[];
      /** There are more children after these. */
      readonly more: boolean;
    };

/** What a transaction did: which of its branches, and a result for each operation of it. */
export interface Transacted {
  readonly branch: "then" | "else";
  readonly results: readonly TransactResult[];
  /** About what the results take in memory and on the wire. */
  readonly bytes: number;
}

/** What a write did: its zxid, and the created path and the node's Stat where they make sense. */
export interface Done {
  readonly ok: true;
  readonly zxid: number;
  readonly path?: string;
  readonly stat?: Stat;
  /** Create found the node there; with its data, if it was to answer them. */
  readonly existed?: boolean;
  readonly data?: Uint8Array;
  readonly transacted?: Transacted;
  readonly read?: { readonly result: ReadResult; readonly bytes: number };
}

export interface NotDone {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Outcome = Done | NotDone;
