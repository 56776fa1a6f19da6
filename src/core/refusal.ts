/** Why an operation was refused. The names are those of corral.v1.ErrorReason; the proto's comments say when. */
export const reasons = [
  "NO_NODE",
  "NODE_EXISTS",
  "BAD_VERSION",
  "NOT_EMPTY",
  "NO_CHILDREN_FOR_EPHEMERALS",
  "BAD_ARGUMENTS",
  "MALFORMED_REQUEST",
  "SESSION_EXPIRED",
  "SESSION_MOVED",
  "SESSION_REQUIRED",
  "DATA_TOO_LARGE",
  "PATH_TOO_LONG",
  "MESSAGE_TOO_LARGE",
  "TOO_MANY_SESSIONS",
  "TOO_MANY_EPHEMERALS",
  "OVERLOADED",
  "DISK_FULL",
  "OUTCOME_UNKNOWN",
  "SHUTTING_DOWN",
  "INTERNAL",
  "COMPACTED",
  "ZXID_AHEAD",
  "NO_WATCHER",
  "TOO_MANY_WATCHES",
  "WATCHER_TOO_SLOW",
  "NO_SESSION",
  "DRAINING",
  "NO_AUTH",
  "INVALID_ACL",
  "AUTH_FAILED",
  "AUTHENTICATION_REQUIRED",
  "CREDENTIALS_EXPIRED",
  "CONNECTION_EXPIRED",
  "SESSION_NOT_YOURS",
  "TRANSACTION_TOO_LARGE",
  "CONDITION_FAILED",
  "REQUEST_ID_REUSED",
  "SCAN_TOO_SLOW",
  "QUOTA_EXCEEDED",
  "SEQUENCE_USED_UP",
  "ANSWER_NOT_KEPT",
] as const;

export type Reason = (typeof reasons)[number];

/** A refusal is a value: an expected outcome, decided before anything is changed. */
export interface Refusal {
  readonly reason: Reason;
  /** One English sentence for the developer: what is wrong and what to do. */
  readonly message: string;
  /** The facts behind it, such as path, expected and actual version, limit and size. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** The request field at fault, if one is. */
  readonly field?: string;
}

/** Carries a refusal through code that answers by returning; converted to a status at the edge only. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
