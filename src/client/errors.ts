import { fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status as codes, type StatusObject } from "@grpc/grpc-js";
import type { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";

/** Why something failed: one of the server's reasons, as docs/errors.md explains them, or one of the client's own. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED"> | ClientReason;

/** What fails on this side. */
export type ClientReason =
  /** The connection broke before there was an answer. */
  | "CONNECTION_LOST"
  /** The call's own time was over before there was an answer. */
  | "DEADLINE_EXCEEDED"
  /** The client was closed. */
  | "CLIENT_CLOSED"
  /** The server, or something on the way to it, answered with a status that carries no reason; see `code`. */
  | "UNKNOWN";

/** The name of a gRPC status code, such as NOT_FOUND. */
export type Code = keyof typeof codes;

/** What is known of a failure beside its reason. */
export interface ErrorDetails {
  readonly code?: Code;
  readonly facts?: Readonly<Record<string, string>>;
  readonly field?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The one error of this client. What to do about it depends on `reason`. */
export class CorralError extends Error {
  override readonly name = "CorralError";
  readonly reason: Reason;
  readonly code: Code;
  /** All that the server told: paths, versions, limits. docs/errors.md names them for each reason. */
  readonly facts: Readonly<Record<string, string>>;
  /** BAD_ARGUMENTS: the field of the request that is wrong. */
  readonly field: string | undefined;
  /** When a repetition makes sense, in milliseconds, if the server said so. */
  readonly retryAfterMs: number | undefined;
  /** The call was a write and was sent, without an answer: it may have happened, or not. Read to find out. */
  readonly outcomeUnknown: boolean;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}, outcomeUnknown = false) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.reason = reason;
    this.code = details.code ?? codeOfReason[reason as ClientReason] ?? "UNKNOWN";
    this.facts = details.facts ?? {};
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
    this.outcomeUnknown = outcomeUnknown;
  }

  /** The node in question, if there is one. */
  get path(): string | undefined {
    return this.facts["path"];
  }

  /** BAD_VERSION: the version that the node should have had. ZXID_AHEAD: the zxid that was asked for. */
  get expected(): number | undefined {
    return numberIn(this.facts["expected"]);
  }

  /** BAD_VERSION: the version that the node has. ZXID_AHEAD: the zxid of the server. Else the size that is too much. */
  get actual(): number | undefined {
    return numberIn(this.facts["actual"]);
  }

  /** The bound that was reached. */
  get limit(): number | undefined {
    return numberIn(this.facts["limit"]);
  }
}

/** Whether something that was caught is Corral's, for one of these reasons; for any reason when none is named. */
export function isCorralError(error: unknown, ...reasons: Reason[]): error is CorralError {
  return error instanceof CorralError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** After these nobody knows whether a write that was sent has happened. */
export const noAnswers: readonly Reason[] = [
  "CONNECTION_LOST",
  "DEADLINE_EXCEEDED",
  "CLIENT_CLOSED",
  "OUTCOME_UNKNOWN",
  "UNKNOWN",
];

const codeOfReason: Readonly<Record<ClientReason, Code>> = {
  CONNECTION_LOST: "UNAVAILABLE",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  CLIENT_CLOSED: "CANCELLED",
  UNKNOWN: "UNKNOWN",
};

/** Codes that grpc-js gives to calls whose connection went away; the server's own errors carry a reason. */
const codesOfBrokenLinks: readonly Code[] = ["UNAVAILABLE", "CANCELLED", "INTERNAL"];

/** The error of a call, from the status that it ended with. */
export function errorFromCall({ code, details, metadata }: StatusObject): CorralError {
  const [encoded] = metadata.get("grpc-status-details-bin");
  const error = Buffer.isBuffer(encoded) ? errorFromDetails(encoded) : undefined;
  if (error !== undefined) return error;
  const name = codes[code] as Code;
  const reason = codesOfBrokenLinks.includes(name) ? "CONNECTION_LOST" : "UNKNOWN";
  return new CorralError(reason, `${name}: ${details}`, { code: name });
}

/** Undefined for details that are none of this server's, or nothing at all: the status says enough. */
function errorFromDetails(encoded: Buffer): CorralError | undefined {
  try {
    const error = errorFromStatus(fromBinary(StatusSchema, encoded));
    return error.reason === "UNKNOWN" ? undefined : error;
  } catch {
    return undefined;
  }
}

/** Anything that was caught, as an error of this client. */
export function corralErrorOf(error: unknown): CorralError {
  if (error instanceof CorralError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CorralError("UNKNOWN", message, { cause: error });
}

/** The same from a status that is part of a message. */
export function errorFromStatus({ code, message, details }: MessageShape<typeof StatusSchema>): CorralError {
  let reason: Reason = "UNKNOWN";
  let facts: Record<string, string> = {};
  let field: string | undefined;
  let retryAfterMs: number | undefined;
  for (const any of details) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info?.domain === "corral") {
      reason = info.reason as Reason;
      facts = info.metadata;
    }
    field = anyUnpack(any, BadRequestSchema)?.fieldViolations[0]?.field ?? field;
    const delay = anyUnpack(any, RetryInfoSchema)?.retryDelay;
    if (delay !== undefined) retryAfterMs = Number(delay.seconds) * 1_000 + delay.nanos / 1e6;
  }
  return new CorralError(reason, message, { code: codes[code] as Code, facts, field, retryAfterMs });
}

/** The same error, of a write that was sent. */
export function withUnknownOutcome(error: CorralError): CorralError {
  return new CorralError(error.reason, error.message, { ...error, cause: error.cause }, true);
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
