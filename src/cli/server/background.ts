import { closeSync, fstatSync, writeSync } from "node:fs";
import { parseFlags } from "../../config/flags.ts";
import { loadSettings } from "../../config/load.ts";
import { openLogFile } from "../../ops/log-file.ts";
import { createLogger } from "../../ops/logger.ts";
import { supervise } from "../supervise.ts";
import { surroundingsOf } from "../surroundings.ts";
import type { Io } from "../verb.ts";
import { logFile } from "./record.ts";
import { recorded, recordedTls } from "./recorded.ts";
import { takeApart } from "./secrets.ts";

/** The file descriptor on which the server tells whoever started it that it listens. */
const wordDescriptor = 3;

/** The server's own side of `corral server start`: logs to its file, and says one word when it listens. */
export async function background(line: readonly string[], io: Io): Promise<number> {
  const { args, apart } = takeApart(line);
  const { settings, warnings } = loadSettings(parseFlags(args), surroundingsOf(io));
  const { dataDir, logLevel } = settings;
  const log = createLogger({ level: logLevel, to: openLogFile(logFile(dataDir)) });
  for (const warning of warnings) log.warn({}, warning);
  const { startServer } = await import("../../server.ts");
  const start = async () =>
    recorded(await startServer(settings, log), {
      dataDir,
      log,
      background: true,
      args,
      apart,
      ...recordedTls(settings),
    });
  return supervise(start, log, io, tellStarter);
}

function tellStarter(address: string): void {
  try {
    // Whoever typed this verb has opened none, and the number may be something else's.
    if (!fstatSync(wordDescriptor).isSocket()) return;
    writeSync(wordDescriptor, address);
    closeSync(wordDescriptor);
  } catch {
    // Whoever started it has gone.
  }
}
