import { create, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type Any, anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";
import { type Reason, type Refusal, Refused } from "../core/refusal.ts";
import { errorTextCharsMax } from "../limits.ts";
import { type Code, codes } from "./codes.ts";
import type { Log } from "./log.ts";

/** The gRPC code of each reason. Codes that make clients retry by themselves are for what a retry can cure. */
export const codeOfReason: Readonly<Record<Reason, Code>> = {
  NO_NODE: codes.NOT_FOUND,
  NODE_EXISTS: codes.ALREADY_EXISTS,
  BAD_VERSION: codes.ABORTED,
  NOT_EMPTY: codes.FAILED_PRECONDITION,
  NO_CHILDREN_FOR_EPHEMERALS: codes.FAILED_PRECONDITION,
  BAD_ARGUMENTS: codes.INVALID_ARGUMENT,
  MALFORMED_REQUEST: codes.INVALID_ARGUMENT,
  SESSION_EXPIRED: codes.FAILED_PRECONDITION,
  SESSION_MOVED: codes.ABORTED,
  SESSION_REQUIRED: codes.FAILED_PRECONDITION,
  DATA_TOO_LARGE: codes.RESOURCE_EXHAUSTED,
  PATH_TOO_LONG: codes.INVALID_ARGUMENT,
  MESSAGE_TOO_LARGE: codes.RESOURCE_EXHAUSTED,
  TOO_MANY_SESSIONS: codes.RESOURCE_EXHAUSTED,
  TOO_MANY_EPHEMERALS: codes.RESOURCE_EXHAUSTED,
  OVERLOADED: codes.RESOURCE_EXHAUSTED,
  DISK_FULL: codes.RESOURCE_EXHAUSTED,
  OUTCOME_UNKNOWN: codes.UNAVAILABLE,
  SHUTTING_DOWN: codes.UNAVAILABLE,
  INTERNAL: codes.INTERNAL,
  COMPACTED: codes.OUT_OF_RANGE,
  ZXID_AHEAD: codes.OUT_OF_RANGE,
  NO_WATCHER: codes.NOT_FOUND,
  TOO_MANY_WATCHES: codes.RESOURCE_EXHAUSTED,
  WATCHER_TOO_SLOW: codes.RESOURCE_EXHAUSTED,
  NO_SESSION: codes.NOT_FOUND,
  DRAINING: codes.UNAVAILABLE,
  NO_AUTH: codes.PERMISSION_DENIED,
  INVALID_ACL: codes.INVALID_ARGUMENT,
  AUTH_FAILED: codes.UNAUTHENTICATED,
  AUTHENTICATION_REQUIRED: codes.UNAUTHENTICATED,
  CREDENTIALS_EXPIRED: codes.UNAUTHENTICATED,
  CONNECTION_EXPIRED: codes.UNAVAILABLE,
  SESSION_NOT_YOURS: codes.PERMISSION_DENIED,
  TRANSACTION_TOO_LARGE: codes.RESOURCE_EXHAUSTED,
  CONDITION_FAILED: codes.ABORTED,
  REQUEST_ID_REUSED: codes.INVALID_ARGUMENT,
  SCAN_TOO_SLOW: codes.RESOURCE_EXHAUSTED,
  QUOTA_EXCEEDED: codes.RESOURCE_EXHAUSTED,
  SEQUENCE_USED_UP: codes.RESOURCE_EXHAUSTED,
  ANSWER_NOT_KEPT: codes.FAILED_PRECONDITION,
};

/** When a retry makes sense, in milliseconds. */
const retryAfterMs: Partial<Record<Reason, number>> = { OVERLOADED: 100, SHUTTING_DOWN: 1_000 };

/** What a call ends with. */
export interface CallStatus {
  readonly code: Code;
  readonly message: string;
  /** A `google.rpc.Status` with the same and its details. */
  readonly details?: Uint8Array;
}

/** An error of the services beside Coordination, which have codes of their own and no reasons. */
export class PlainStatus extends Error {
  override readonly name = "PlainStatus";
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

const internal: Refusal = { reason: "INTERNAL", message: "internal error; the server's log has the cause" };

/** What a client is told of whatever a handler threw. Only what was not expected goes to the log. */
export function statusOfError(error: unknown, path: string, log: Log): CallStatus {
  if (error instanceof Refused) return statusOfRefusal(error.refusal);
  if (error instanceof PlainStatus) {
    return { code: error.code, message: presentable(error.message) };
  }
  log.error({ err: error, path }, "a call failed for a reason that nobody foresaw");
  return statusOfRefusal(internal);
}

/** The status of a refusal, with `google.rpc.Status` and its details in the trailer that clients look for. */
export function statusOfRefusal(refusal: Refusal): CallStatus {
  const status = statusToProto(refusal);
  return {
    code: codeOfReason[refusal.reason],
    message: status.message,
    details: toBinary(StatusSchema, status),
  };
}

/** A refusal as a message, for what fails inside a stream that goes on. */
export function statusToProto(refusal: Refusal): MessageShape<typeof StatusSchema> {
  const message = presentable(refusal.message);
  return create(StatusSchema, {
    code: codeOfReason[refusal.reason],
    message,
    details: detailsOf(refusal, message),
  });
}

function detailsOf({ reason, facts, field }: Refusal, message: string): Any[] {
  const info: MessageInitShape<typeof ErrorInfoSchema> = { reason, domain: "corral", metadata: {} };
  for (const [key, value] of Object.entries(facts ?? {})) info.metadata![key] = presentable(String(value));
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, info))];
  if (field !== undefined) {
    const badRequest = create(BadRequestSchema, { fieldViolations: [{ field, description: message }] });
    details.push(anyPack(BadRequestSchema, badRequest));
  }
  const retryMs = retryAfterMs[reason];
  if (retryMs !== undefined) {
    const retryDelay = create(DurationSchema, {
      seconds: BigInt(Math.floor(retryMs / 1_000)),
      nanos: (retryMs % 1_000) * 1_000_000,
    });
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return details;
}

/** Errors quote what clients sent: cut to fit a trailer, and well-formed, since a lone surrogate cannot be sent. */
function presentable(text: string): string {
  if (text.length <= errorTextCharsMax) return text.toWellFormed();
  return `${text.slice(0, errorTextCharsMax - 1).toWellFormed()}…`;
}
