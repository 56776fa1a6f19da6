import type { WatchEvent } from "../client/index.ts";
import { eventVariables } from "../config/client-keys.ts";
import { UsageError } from "../config/usage-error.ts";
import { Command } from "./child-command.ts";
import type { SignalTaker, Surrounding } from "./client-verb.ts";
import type { Io } from "./verb.ts";
import { eventValue } from "./watch-text.ts";

/** Runs a command for each event, one at a time. Later events wait where they are bounded: in the client and the server. */
export class EventCommand {
  readonly #text: string;
  readonly #io: Io;
  readonly #ending = new AbortController();
  #running: SignalTaker | undefined;
  /** That of the last run that failed. */
  exitCode = 0;

  /** Takes the signals: the first one ends the watch, and each of them is told to the command that runs. */
  constructor(text: string, { io, takeSignals }: Pick<Surrounding, "io" | "takeSignals">) {
    if (takeSignals === undefined)
      throw new UsageError("--exec is not for the shell: run `corral watch` outside it");
    this.#text = text;
    this.#io = io;
    takeSignals((signal) => {
      this.#ending.abort();
      this.#running?.(signal);
    });
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when the command has ended. It fails for itself: a line tells of it, and the next event is its own run. */
  async run(event: WatchEvent, withData: boolean): Promise<void> {
    const env = {
      ...this.#io.env,
      [eventVariables.zxid]: `${event.zxid}`,
      [eventVariables.kind]: event.kind,
      [eventVariables.path]: event.path,
    };
    const takeSignals = (taker: SignalTaker) => {
      this.#running = taker;
    };
    const input = `${JSON.stringify(eventValue(event, withData))}\n`;
    const code = await new Command(["/bin/sh", "-c", this.#text], env, { takeSignals, input }).ended;
    this.#running = undefined;
    // One that was told to end did not fail.
    if (code === 0 || this.#ending.signal.aborted) return;
    this.exitCode = code;
    this.#io.complain(
      `the command for ${event.kind} of ${event.path} (zxid ${event.zxid}) exited with ${code}`,
    );
  }
}
