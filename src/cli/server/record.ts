import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What a server writes into its data directory, for those who look for it. Whether one runs is for the lock to say,
 * not for this.
 */
export interface ServerRecord {
  /** Its process; undefined when it has ended in order. */
  readonly pid?: number | undefined;
  /** `host:port`. */
  readonly address: string;
  /** When it began to listen, ISO 8601. */
  readonly since: string;
  /** It was started by `corral server start`. */
  readonly background: boolean;
  /** The flags it was started with, and the directory in which: the next start may want the same. */
  readonly args: readonly string[];
  /** The variables that hold what was a flag, and a secret: the next start needs them too. */
  readonly apart?: readonly string[];
  readonly workingDir: string;
  /** With TLS: the file with its certificate, and whether clients show one. */
  readonly tls?: { readonly certFile: string; readonly clientAuth: string };
}

export function recordFile(dataDir: string): string {
  return join(dataDir, "server.json");
}

export function logFile(dataDir: string): string {
  return join(dataDir, "corral.log");
}

/** The record; undefined if there is none, or none that can be read. */
export function readRecord(dataDir: string): ServerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(dataDir), "utf8"));
    const isPid = record.pid === undefined || (Number.isSafeInteger(record.pid) && record.pid > 0);
    return isPid && Array.isArray(record.args) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** For the owner alone. */
export function writeRecord(dataDir: string, record: ServerRecord): void {
  const unfinished = `${recordFile(dataDir)}.new`;
  writeFileSync(unfinished, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(unfinished, recordFile(dataDir));
}

/** Notes that the process has ended, in its own record and no other: the next server may have written its own. */
export function endRecord(dataDir: string, pid: number | undefined): void {
  const record = readRecord(dataDir);
  if (record !== undefined && record.pid === pid) writeRecord(dataDir, { ...record, pid: undefined });
}
