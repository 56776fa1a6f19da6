import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { isatty } from "node:tty";
import type { Surrounding } from "./client-verb.ts";
import { Failure } from "./failure.ts";

/** How long a command that was told to end may take before it is killed, in milliseconds. */
const endGraceMs = 10_000;

/** Exit codes of shells: there is no such command, or it cannot be run. */
const notFoundCode = 127;
const notRunCode = 126;

/** A command that runs under the eyes of a verb. */
export class Command {
  readonly #child: ChildProcess;
  readonly #ownGroup: boolean;
  readonly #ended: Promise<number>;

  /**
   * Starts it on this process's own input and output, or with `input` for its input. Signals to this process are for the command from now on. Away
   * from a terminal it has a process group of its own, so that what it started ends with it.
   */
  constructor(
    [program = "", ...args]: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    { takeSignals, input }: Pick<Surrounding, "takeSignals"> & { readonly input?: string },
  ) {
    // Not process.stdin: to open it would make reads of the command, which has the same, fail with EAGAIN.
    this.#ownGroup = !isatty(0);
    this.#child = spawn(program, args, {
      env,
      stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
      detached: this.#ownGroup,
    });
    // A command need not read its input.
    this.#child.stdin?.on("error", () => {}).end(input);
    takeSignals?.((signal) => {
      // The terminal has told its whole group already.
      if (this.#ownGroup || signal !== "SIGINT") this.#signal(signal);
    });
    this.#ended = once(this.#child, "exit").then(
      ([code, signal]) => code ?? 128 + constants.signals[signal as NodeJS.Signals],
      (error) => Promise.reject(cannotRun(program, error)),
    );
  }

  /** Its exit code; 128 and the signal's number when one ended it. @throws Failure if it could not be run */
  get ended(): Promise<number> {
    return this.#ended;
  }

  /** Tells it to end, and kills it when it does not. Resolves when it has ended. */
  async end(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), endGraceMs);
    await this.#ended.catch(() => {});
    clearTimeout(timer);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(this.#ownGroup ? -pid : pid, signal);
    } catch {
      // It has ended since.
    }
  }
}

function cannotRun(program: string, { code, message }: NodeJS.ErrnoException): Failure {
  if (code === "ENOENT") return new Failure(`${program}: there is no such command`, notFoundCode);
  return new Failure(`${program} cannot be run: ${message}`, notRunCode);
}
