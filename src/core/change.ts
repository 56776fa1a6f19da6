import type { NodeRecord } from "./node.ts";
import type { RememberedRequest } from "./request.ts";

/**
 * Changes are the language of the journal: facts that were decided, with absolute values, so that applying
 * them needs no decision and cannot fail, and telling watches of them needs no tree. An operation becomes
 * changes in prepare.ts.
 */
export type Change =
  | {
      readonly kind: "nodeCreated";
      readonly path: string;
      readonly data: Uint8Array;
      readonly node: NodeRecord;
      /** The parent after this change. */
      readonly parent: NodeRecord;
    }
  | {
      readonly kind: "nodeDataSet";
      readonly path: string;
      readonly data: Uint8Array;
      /** The node after this change. */
      readonly node: NodeRecord;
      /** Absent when a transaction replaces more data than its events may carry. */
      readonly previousData: Uint8Array | undefined;
      /** The session that lost an ephemeral node by this to `node.ephemeralOwner`. */
      readonly takenFrom?: number;
    }
  | {
      readonly kind: "nodeAclSet";
      readonly path: string;
      /** The node after this change. */
      readonly node: NodeRecord;
    }
  | {
      readonly kind: "nodeDeleted";
      readonly path: string;
      /** The node as it was before. */
      readonly node: NodeRecord;
      /** Absent when a transaction deletes more data than an event may carry. */
      readonly previousData: Uint8Array | undefined;
      /** The parent after this change. */
      readonly parent: NodeRecord;
    }
  | {
      readonly kind: "sessionOpened";
      readonly sessionId: number;
      readonly secret: string;
      readonly timeoutMs: number;
      readonly owner: string;
    }
  | { readonly kind: "sessionTimeoutSet"; readonly sessionId: number; readonly timeoutMs: number }
  | { readonly kind: "sessionClosed"; readonly sessionId: number }
  /** The last of a transaction that a retry shall not repeat. */
  | ({
      readonly kind: "requestAnswered";
      /** The zxids of the requests that make room for this one. */
      readonly forgets: readonly number[];
    } & RememberedRequest);

/** When a transaction happens: its place in the one order, and the wall-clock time of every node it touches. */
export interface Stamp {
  readonly zxid: number;
  /** In milliseconds. */
  readonly timeMs: number;
}

/** The changes of one operation: all or nothing, under one zxid. */
export interface Transaction extends Stamp {
  readonly changes: readonly Change[];
}
