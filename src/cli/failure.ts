import type { CorralError } from "../client/errors.ts";

/** A verb that could not do what it was asked for, by another cause than the server's: told in a line. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Exit codes, by class. */
export const exitCodes = {
  ok: 0,
  other: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  denied: 6,
  /** A signal ended what was to end by itself: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

const classOfCode: Readonly<Record<string, keyof typeof exitCodes>> = {
  INVALID_ARGUMENT: "usage",
  NOT_FOUND: "notFound",
  ALREADY_EXISTS: "conflict",
  ABORTED: "conflict",
  FAILED_PRECONDITION: "conflict",
  UNAVAILABLE: "unavailable",
  DEADLINE_EXCEEDED: "unavailable",
  PERMISSION_DENIED: "denied",
  UNAUTHENTICATED: "denied",
};

/** What to do, by reason or by gRPC's code, where the server's own words do not say it. */
const hints: Readonly<Record<string, string>> = {
  NODE_EXISTS: "use `corral set` to change it",
  NOT_EMPTY: "or use `corral deleteall`",
  NO_SESSION: "`corral sessions` prints those that are",
  DRAINING: "`corral drain --off` ends that",
  NO_AUTH: "say who you are with --user or --token-file; `corral whoami` and `corral getAcl` tell more",
  AUTH_FAILED: "check --user, --token-file or where else you say who you are",
  AUTHENTICATION_REQUIRED: "say who you are with --user, --token-file or --cert-file",
  OVERLOADED: "nothing was changed; try again",
  CONNECTION_LOST: "try again",
  UNIMPLEMENTED: "the server is older than this command, or no Corral",
};

/** The exit code of an error, and the line that tells of it. By name: no class of the client's is loaded for it. */
export function failureOf(error: unknown): { readonly code: number; readonly line: string } | undefined {
  if (error instanceof Failure) return { code: error.exitCode, line: error.message };
  if (!isCorralError(error)) return undefined;
  const { reason, code, message, outcomeUnknown } = error;
  const kind = reason === "OVERLOADED" ? "unavailable" : (classOfCode[code] ?? "other");
  const hint = outcomeUnknown
    ? "it may have been done all the same: read to find out"
    : (hints[reason] ?? hints[code]);
  const words = reason.toLowerCase().replaceAll("_", " ");
  return { code: exitCodes[kind], line: `${words}: ${message}${hint === undefined ? "" : `; ${hint}`}` };
}

/** The failure of long work, or its end by ctrl-C, with what it had done before. */
export function failureAfter(error: unknown, signal: AbortSignal, done: readonly string[]): unknown {
  const isInterrupted = signal.aborted && error === signal.reason;
  const failure = isInterrupted ? { code: exitCodes.interrupted, line: "interrupted" } : failureOf(error);
  return failure === undefined ? error : new Failure([failure.line, ...done].join("; "), failure.code);
}

function isCorralError(error: unknown): error is CorralError {
  return error instanceof Error && error.name === "CorralError";
}
