import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../config/usage-error.ts";
import { dataDirectory } from "../../data-directory.ts";
import { readable } from "../../ops/logger.ts";
import type { Io } from "../verb.ts";
import { logFile, readRecord } from "./record.ts";
import { apartFlag, takeSecrets } from "./secrets.ts";
import { settingsFrom } from "./settings.ts";

/** Lines of the log that a failed start shows. */
const shownLines = 10;

export interface StartOptions {
  /** The flags of the server. */
  readonly args: readonly string[];
  readonly workingDir: string;
}

/** Starts a server that goes on when this command has ended; returns when it listens, or has failed. */
export async function start({ args, workingDir }: StartOptions, io: Io): Promise<number> {
  const { settings, warnings } = settingsFrom(args, io, workingDir);
  const { dataDir } = settings;
  if (settings.auditLog === "stdout")
    throw new UsageError("audit_log is stdout, which a server in the background has not: give it a file");
  for (const warning of warnings) io.complain(`warning: ${warning}`);
  dataDirectory.make(dataDir);
  // The lock decides: this only spares the log of the one that runs the failure of another.
  if (dataDirectory.isInUse(dataDir)) {
    const runs = readRecord(dataDir);
    const which = runs?.pid && `: process ${runs.pid}, listening on ${runs.address}`;
    io.complain(`a server runs in ${dataDir} already${which ?? ""}`);
    return 1;
  }
  return launch({ args, workingDir, dataDir }, io);
}

async function launch(options: StartOptions & { readonly dataDir: string }, io: Io): Promise<number> {
  const log = logFile(options.dataDir);
  const fromByte = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnServer(options, log);
  // Who takes the start back does not want the server.
  let takenBack = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    io.onSignal(signal, () => {
      takenBack = true;
      child.kill("SIGTERM");
    });
  }
  const exited = once(child, "exit");
  // Awaited only where it matters; until then a failure to spawn must not count as unhandled.
  exited.catch(() => {});
  const address = await text(child.stdio[3] as Readable);
  if (address !== "" && !takenBack) {
    child.unref();
    io.out(`started: process ${child.pid}, listening on ${address}, logging to ${log}\n`);
    return 0;
  }
  const [code, signal] = await exited;
  if (takenBack) {
    io.complain("interrupted: the server was not started");
    return 130;
  }
  io.complain(
    `the server did not start (${code === null ? signal : `exit code ${code}`}); ${log} ends with:`,
  );
  for (const line of endOf(log, fromByte)) io.complain(line);
  return 1;
}

function spawnServer({ args, workingDir }: StartOptions, log: string): ChildProcess {
  const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
  const { args: open, secrets } = takeSecrets(args);
  const apart = Object.keys(secrets).flatMap((name) => [apartFlag, name]);
  const logDescriptor = openSync(log, "a", 0o600);
  try {
    return spawn(process.execPath, [...process.execArgv, main, "server", "background", ...apart, ...open], {
      cwd: workingDir,
      env: { ...process.env, ...secrets },
      // A session of its own: neither ctrl-C nor the end of the terminal reaches it.
      detached: true,
      stdio: ["ignore", "ignore", logDescriptor, "pipe"],
    });
  } finally {
    closeSync(logDescriptor);
  }
}

/** The last lines that were written since, for eyes. */
function endOf(log: string, fromByte: number): string[] {
  const content = readFileSync(log);
  const since = content.length < fromByte ? content : content.subarray(fromByte);
  const lines = since.toString().trimEnd().split("\n").slice(-shownLines);
  return lines.map((line) => (line.startsWith("{") ? readable(line).trimEnd() : line));
}
