import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../clock.ts";
import { dataDirectory } from "../../data-directory.ts";
import type { Io } from "../verb.ts";
import { endRecord, readRecord } from "./record.ts";
import { settingsFrom } from "./settings.ts";

/** How often a stop looks whether the server is gone, in milliseconds. */
const lookIntervalMs = 50;

export interface StopOptions {
  /** Flags of the server; they tell its data directory. */
  readonly args: readonly string[];
  readonly timeoutMs: number;
}

/** Lets a server end gracefully, and waits for it. Where none runs, there is nothing to do. */
export async function stop({ args, timeoutMs }: StopOptions, io: Io): Promise<number> {
  return stopServer(settingsFrom(args, io).settings.dataDir, timeoutMs, io);
}

/** The same, of a data directory. */
export async function stopServer(dataDir: string, timeoutMs: number, io: Io): Promise<number> {
  const pid = readRecord(dataDir)?.pid;
  if (!dataDirectory.isInUse(dataDir)) {
    if (pid !== undefined) endRecord(dataDir, pid);
    io.out(`no server runs in ${dataDir}${pid === undefined ? "" : `: process ${pid} was killed`}\n`);
    return 0;
  }
  if (pid === undefined) {
    io.complain(`a server uses ${dataDir}, but its process is not known: it may be starting or stopping`);
    return 1;
  }
  const refusal = terminate(pid);
  if (refusal !== undefined) {
    io.complain(refusal);
    return 1;
  }
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  // The lock, not the process: nobody need have taken notice of the end of that.
  while (dataDirectory.isInUse(dataDir)) {
    if (systemClock.monotonicMs() >= deadlineMs) {
      io.complain(
        `process ${pid} was told to stop, and has not ended within ${timeoutMs} ms. ` +
          `Wait, or end it with \`kill -9 ${pid}\`: no acknowledged write is lost by that`,
      );
      return 1;
    }
    await wait(lookIntervalMs);
  }
  endRecord(dataDir, pid);
  io.out(`stopped: process ${pid}\n`);
  return 0;
}

/** Answers why that was not possible. */
function terminate(pid: number): string | undefined {
  try {
    process.kill(pid, "SIGTERM");
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It has ended since, or another server is just starting: its lock will tell.
    if (code === "ESRCH") return undefined;
    return code === "EPERM" ? `process ${pid} belongs to another user` : `process ${pid}: ${code}`;
  }
}
