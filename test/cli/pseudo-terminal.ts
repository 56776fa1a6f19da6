import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { toolPath } from "../support/tools.ts";

/** What somebody types to interrupt. */
const interruptKey = "\u0003";

/** A program at a pseudo-terminal of its own; it is killed with the test if it has not ended by then. */
export class AtTerminal {
  readonly #child: ChildProcess;
  #output = "";
  readonly #waiting = new Set<() => void>();
  /** Its exit code, once all that it printed has been read. */
  readonly ended: Promise<number | null>;

  constructor(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    place: { readonly cwd?: string } = {},
  ) {
    // Without a shell around it, which ctrl-C would end as well.
    const line = `exec ${command.map((word) => `'${word}'`).join(" ")}`;
    const whole = { TERM: "xterm", ...env, SHELL: "/bin/sh", PATH: process.env["PATH"] ?? "" };
    const args = ["-qfec", line, "/dev/null"];
    const child = spawn(toolPath("script"), args, { ...place, env: whole, stdio: "pipe" });
    this.#child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stdout.on("data", (chunk) => {
      this.#output += chunk;
      this.#wake();
    });
    this.ended = new Promise((resolve) => child.once("close", resolve));
    void this.ended.then(() => this.#wake());
  }

  /** All that it has printed, as the terminal got it. */
  get raw(): string {
    return this.#output;
  }

  /** All that it has printed, without colours and what else is for eyes only. */
  get output(): string {
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[[\\d;?]*[A-Za-z]`, "g");
    return this.#output.replaceAll(escapes, "").replaceAll("\r", "");
  }

  /** What matches, once it has printed that; undefined if it ends without. */
  async printed(what: RegExp): Promise<RegExpExecArray | undefined> {
    let hasEnded = false;
    void this.ended.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const found = what.exec(this.output);
      if (found !== null) return found;
      if (hasEnded) return undefined;
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  /** ctrl-C. */
  interrupt(): void {
    this.type(interruptKey);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
