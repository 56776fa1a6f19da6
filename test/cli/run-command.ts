import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { eachLine } from "../support/each-line.ts";

/** The command. */
export const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** For the script of a command that runs until it is told to end: it does not outlive a verb that was killed. */
export const untilOrphaned =
  "setInterval((parent) => process.ppid === parent || process.exit(), 100, process.ppid)";

export interface Finished {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs; it is killed with the test if it has not ended by then. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the first line of standard output that holds `text`; rejects if the program ends without one. */
  line(text: string): Promise<string>;
  readonly finished: Promise<Finished>;
}

/**
 * Starts `corral` as a process, with no more environment than is given. Servers of tests run side by side, so none
 * opens the port for operations unless it is told to.
 */
export function startCommand(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string | Uint8Array,
): Running {
  return startProgram(main, args, { CORRAL_HTTP_PORT: "0", ...env }, input);
}

/** Starts any program of the sources. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string | Uint8Array,
): Running {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  // It may end before it has read all that.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const stderr: Buffer[] = [];
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  eachLine(child.stdout, (line) => {
    lines.push(line);
    for (const wake of waiting) wake();
  });
  // Not its exit: what it printed may not have been read by then.
  let closed = false;
  const finished = once(child, "close").then(([code]) => {
    closed = true;
    for (const wake of waiting) wake();
    return { code, stdout: lines.join("\n"), stderr: Buffer.concat(stderr).toString() };
  });
  const line = async (text: string): Promise<string> => {
    for (;;) {
      const found = lines.find((one) => one.includes(text));
      if (found !== undefined) return found;
      if (closed) throw new Error(`it ended without ${text}: ${Buffer.concat(stderr)}`);
      await new Promise<void>((wake) => waiting.add(wake));
    }
  };
  return { child, line, finished };
}
