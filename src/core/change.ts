/**
 * Changes are the language of the journal: facts that were decided, with absolute values, so that applying
 * them needs no decision and cannot fail. An operation becomes changes in prepare.ts.
 */
export type Change =
  | {
      readonly kind: "nodeCreated";
      readonly path: string;
      readonly data: Uint8Array;
      readonly ephemeralOwner: number;
      /** The parent's `creates` after this creation. */
      readonly parentCreates: number;
    }
  | {
      readonly kind: "nodeDataSet";
      readonly path: string;
      readonly data: Uint8Array;
      readonly version: number;
    }
  | { readonly kind: "nodeDeleted"; readonly path: string }
  | {
      readonly kind: "sessionOpened";
      readonly sessionId: number;
      readonly secret: string;
      readonly timeoutMs: number;
    }
  | { readonly kind: "sessionTimeoutSet"; readonly sessionId: number; readonly timeoutMs: number }
  | { readonly kind: "sessionClosed"; readonly sessionId: number };

/** The changes of one operation: all or nothing, under one zxid. */
export interface Transaction {
  readonly zxid: number;
  /** The wall-clock time of every node touched, in milliseconds. */
  readonly timeMs: number;
  readonly changes: readonly Change[];
}
