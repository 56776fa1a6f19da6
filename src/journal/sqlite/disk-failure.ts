import type Database from "better-sqlite3";
import { sqliteCode } from "./connection.ts";

/** Whether an error, or what caused it, means that the disk failed: not that it is full, nor that a file is damaged. */
export function isDiskFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (sqliteCode(error)?.startsWith("SQLITE_IOERR")) return true;
  return (error as NodeJS.ErrnoException).code === "EIO" || isDiskFailure(error.cause);
}

const abandoned: Database.Database[] = [];

/**
 * Leaves a database of a disk that failed as it is. To close it would fold the log into it and delete the log, by
 * syncs that may succeed although the disk has lost what the failed one should have stored. It is kept from the
 * garbage collector, which would close it.
 */
export function abandon(connection: Database.Database): void {
  abandoned.push(connection);
}

/**
 * Once the disk has failed, the process must end like this, by whatever way: an end in order closes the databases that
 * are open.
 */
export function endByKill(): void {
  process.once("exit", () => process.kill(process.pid, "SIGKILL"));
}
