import {
  transactionChangesMax,
  transactionDataBytesMax,
  transactionOperationsMaxDefault,
  transactionPathBytesMax,
} from "../../limits.ts";
import type { Change, Stamp } from "../change.ts";
import type { ClockJump } from "../clock-jumps.ts";
import type { Identity } from "../identity.ts";
import type { Done, NotDone, Operation, Transacted } from "../operation.ts";
import type { Refusal } from "../refusal.ts";

/** What an operation comes to: changes and what to tell its caller; or a refusal that changed nothing. */
export type Prepared = Accepted | NotDone;

export interface Accepted {
  readonly ok: true;
  readonly changes: readonly Change[];
  /** The node whose path and Stat, as the changes leave it, are the answer. */
  readonly path?: string;
  /** The node was there before: Create was asked to be content with it. */
  readonly existed?: boolean;
  /** The data of such a node, if they were not set. */
  readonly data?: Uint8Array;
  /** What was told the first time: the request is a retry. */
  readonly answered?: Done;
  /** Of a transaction. */
  readonly transacted?: Transacted;
  /** Of a read. */
  readonly read?: NonNullable<Done["read"]>;
}

export type Of<Op extends Operation["op"]> = Extract<Operation, { op: Op }>;

/** Bounds that a user may set or a test may lower. */
export interface OperationLimits {
  /** Conditions and operations of one transaction, those of the branch that is not taken included. */
  readonly transactionOperationsMax: number;
  /** Changes that happen under one zxid. The end of a session has a bound of its own. */
  readonly changesMax: number;
  /** Data of those changes. */
  readonly dataBytesMax: number;
  /** Paths of those changes. */
  readonly pathBytesMax: number;
  /** Hard limits of quotas refuse; otherwise they warn, like soft ones. */
  readonly enforceQuotas: boolean;
}

export const defaultLimits: OperationLimits = {
  transactionOperationsMax: transactionOperationsMaxDefault,
  changesMax: transactionChangesMax,
  dataBytesMax: transactionDataBytesMax,
  pathBytesMax: transactionPathBytesMax,
  enforceQuotas: true,
};

/** What a decision depends on beside the state. */
export interface Context {
  /** Who asks. */
  readonly identities: readonly Identity[];
  readonly stamp: Stamp;
  readonly limits: OperationLimits;
  /** How the wall clock was set, which the stamp is of. */
  readonly jumps: readonly ClockJump[];
}

export function refuse(refusal: Refusal): NotDone {
  return { ok: false, refusal };
}
