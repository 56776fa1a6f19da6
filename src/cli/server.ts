import { didYouMean } from "../config/nearest.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import { connectionFlags } from "./connection-flags.ts";
import { durationMs } from "./duration.ts";
import { takeFlag } from "./server/own-flag.ts";
import { settingsFlags } from "./settings-line.ts";
import { settingsUsage } from "./settings-usage.ts";
import type { Io, Verb } from "./verb.ts";

type Action = (args: readonly string[], io: Io) => Promise<number>;

/** How long a stop waits when nobody says, in milliseconds: the server gives calls 5 s, and then folds its journal. */
const stopTimeoutMsDefault = 30_000;

/** What `start` starts: nobody else has a use for it. */
const hiddenAction = "background";

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    "start",
    async (args, io) => (await import("./server/start.ts")).start({ args, workingDir: process.cwd() }, io),
  ],
  ["start-foreground", async (args, io) => (await import("./serve.ts")).serve.run(args, io)],
  ["stop", async (args, io) => (await import("./server/stop.ts")).stop(timeoutIn(args), io)],
  ["restart", async (args, io) => (await import("./server/restart.ts")).restart(timeoutIn(args), io)],
  ["status", async (args, io) => (await import("./server/status.ts")).status(args, io)],
  [hiddenAction, async (args, io) => (await import("./server/background.ts")).background(args, io)],
]);

const names = [...actions.keys()].filter((name) => name !== hiddenAction);

export const server: Verb = {
  line: {
    args: [{ name: "ACTION", values: names }],
    flags: {
      ...settingsFlags(),
      timeout: { kind: "duration", help: "How long a stop may take." },
      output: connectionFlags.output,
    },
  },

  usage: () =>
    [
      "Usage: corral server ACTION [flags of serve]",
      "",
      "  start             start a server in the background; returns when it listens",
      "  start-foreground  the same as `corral serve`",
      "  stop              let the server end, and wait for it: --timeout TIME, 30s by default",
      "  restart           stop it, and start it with the flags that it was started with; takes --timeout too",
      "  status            ask the server how it is; -o json for programs; of a server that demands certificates, with",
      "                    yours: --cert-file FILE --key-file FILE",
      "",
      "The data directory says which server is meant. In it are the log of a server in the background, corral.log,",
      "and the record of any server that runs, server.json.",
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong flags or settings. Of status: 0 running, 1 it was killed,",
      "3 not running, 5 running, but it does not answer.",
      "",
      "Example:",
      "  corral server start --data-dir ./data",
      "",
      "What status asks, with grpcurl:",
      "  grpcurl -plaintext localhost:7181 grpc.health.v1.Health/Check",
      "",
      settingsUsage(),
    ].join("\n"),

  async run([word, ...args], io) {
    if (word === undefined) throw new UsageError(`an action is missing: one of ${names.join(", ")}`);
    const action = actions.get(word);
    if (action === undefined)
      throw new UsageError(
        `unknown action ${shown(word)}${didYouMean(word, names) || `: one of ${names.join(", ")}`}`,
      );
    try {
      return await action(args, io);
    } catch (error) {
      // The data directory cannot be made, or looked into: its message says it all.
      if (!(error instanceof Error && error.name === "JournalUnusable")) throw error;
      io.complain(error.message);
      return 1;
    }
  },
};

/** Takes `--timeout TIME` out of the flags: it is none of the server's. */
function timeoutIn(args: readonly string[]): {
  readonly args: readonly string[];
  readonly timeoutMs: number;
} {
  const { args: rest, value } = takeFlag(args, "--timeout");
  return {
    args: rest,
    timeoutMs: value === undefined ? stopTimeoutMsDefault : durationMs(value, "--timeout"),
  };
}
