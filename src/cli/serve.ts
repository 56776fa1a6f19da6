import { parseFlags } from "../config/flags.ts";
import { loadSettings } from "../config/load.ts";
import { tuneCollections } from "../ops/garbage.ts";
import { createLogger } from "../ops/logger.ts";
import { signalEchoMs } from "./limits.ts";
import { recorded, recordedTls } from "./server/recorded.ts";
import { takeSecrets } from "./server/secrets.ts";
import { settingsFlags } from "./settings-line.ts";
import { settingsUsage } from "./settings-usage.ts";
import { supervise } from "./supervise.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { Verb } from "./verb.ts";

export const serve: Verb = {
  line: { args: [], flags: settingsFlags() },

  usage: () =>
    [
      "Usage: corral serve [flags]",
      "",
      "Runs the server in the foreground and logs to standard output. SIGINT or SIGTERM stops it gracefully;",
      `another one, ${signalEchoMs / 1_000} s later or more, stops it at once. Exit codes: 0 stopped, 1 failed, 2 wrong flags or`,
      "settings, 130 stopped at once.",
      "",
      "Example:",
      "  corral serve --port 7181 --data-dir ./data",
      "",
      settingsUsage(),
    ].join("\n"),

  async run(args, io) {
    tuneCollections();
    const { settings, warnings } = loadSettings(parseFlags(args), surroundingsOf(io));
    const log = createLogger({ level: settings.logLevel });
    for (const warning of warnings) log.warn({}, warning);
    // Loaded only now: a wrong setting is told before gRPC and SQLite are read from disk.
    const { startServer } = await import("../server.ts");
    const { dataDir } = settings;
    const { args: open, secrets } = takeSecrets(args);
    const startedAs = {
      background: false,
      args: open,
      apart: Object.keys(secrets),
      ...recordedTls(settings),
    };
    const start = async () => recorded(await startServer(settings, log), { dataDir, log, ...startedAs });
    return supervise(start, log, io);
  },
};
