import { userInfo } from "node:os";
import { destination } from "pino";
import { auditWaitingBytesMax } from "../limits.ts";

/** The audit log cannot be written; the message says why in one line. */
export class AuditLogError extends Error {
  override readonly name = "AuditLogError";
}

export interface AuditLogOptions {
  /** "stdout", or the path of a file to append to. */
  readonly to: string;
  readonly clock: { wallMs(): number };
  /** Lines could not be written, or were dropped because too many waited. */
  readonly failed: (error: Error) => void;
}

/** A stream of lines, each a JSON object that begins with its `time`. It is apart from the log, and never filtered. */
export interface AuditLog {
  write(entry: object): void;
  /** The user that the server runs as. */
  readonly serverUser: string;
  close(): void;
}

/** @throws AuditLogError */
export function openAuditLog({ to, clock, failed }: AuditLogOptions): AuditLog {
  const stream = open(to);
  stream.on("error", failed);
  stream.on("drop", () => failed(new Error("lines were dropped")));
  return {
    write(entry) {
      const time = new Date(clock.wallMs()).toISOString();
      stream.write(`${JSON.stringify({ time, ...entry })}\n`);
    },
    serverUser: userName(),
    close() {
      // What cannot be written now never will be, and `failed` has been told.
      if (to !== "stdout") stream.end();
    },
  };
}

function open(to: string) {
  const options = { sync: true, append: true, mode: 0o600, maxLength: auditWaitingBytesMax };
  try {
    return destination({ ...options, dest: to === "stdout" ? 1 : to });
  } catch (error) {
    throw new AuditLogError(`the audit log cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** A container's user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
