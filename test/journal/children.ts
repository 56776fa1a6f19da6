import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { CommitterOptions } from "./committer.ts";

const restorer = fileURLToPath(new URL("./restorer.ts", import.meta.url));
const committer = fileURLToPath(new URL("./committer.ts", import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** The lines it has printed. */
  readonly lines: string[];
  /** Resolves when it has printed such a line; rejects if it ends without. */
  printed(line: string): Promise<void>;
  /** Resolves when it is dead and its output read. */
  readonly ended: Promise<void>;
}

/** Starts the committer, perhaps under another program; it is dead when the test has finished. */
export function startCommitter(options: CommitterOptions, under: readonly string[] = []): Child {
  return startChild([...under, process.execPath, committer, JSON.stringify(options)]);
}

/** Starts a restore from a file that lacks its end; it waits for that once it has taken in the rest. */
export async function startRestorer(file: string, dataDir: string): Promise<Child> {
  const child = startChild([process.execPath, restorer, file, dataDir]);
  await child.printed("waits");
  return child;
}

function startChild([program, ...args]: readonly string[]): Child {
  const child = spawn(program!, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => void lines.push(line));
  const ended = Promise.all([once(child, "exit"), once(reader, "close")]).then(() => {});
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  async function printed(line: string): Promise<void> {
    for (;;) {
      if (lines.includes(line)) return;
      const dead = await Promise.race([once(reader, "line").then(() => false), ended.then(() => true)]);
      if (dead && !lines.includes(line)) throw new Error(`ended without "${line}": ${lines.join(", ")}`);
    }
  }
  return { process: child, lines, printed, ended };
}

/** Runs commits in a process that kills itself with SIGKILL after the last. */
export async function commitAndDie(dataDir: string, commits: number, dataBytes = 100): Promise<void> {
  const child = startCommitter({ dataDir, commits, dataBytes, end: "die" });
  await child.ended;
  if (child.lines.at(-1) !== String(commits)) throw new Error(`printed ${child.lines.join(", ")}`);
}
