import { parseFlags } from "../../config/flags.ts";
import { namesOf } from "../../config/settings.ts";
import { UsageError } from "../../config/usage-error.ts";
import { dataDirectory } from "../../data-directory.ts";
import type { Io } from "../verb.ts";
import { readRecord } from "./record.ts";
import { mustHaveSecrets } from "./secrets.ts";
import { settingsFrom } from "./settings.ts";
import { start } from "./start.ts";
import { type StopOptions, stopServer } from "./stop.ts";

/**
 * Stops a server, and starts it with the flags that it was started with, in the directory where that was. Where no
 * server has left its flags behind there is none to start again: the directory may be a slip of the pen.
 */
export async function restart({ args, timeoutMs }: StopOptions, io: Io): Promise<number> {
  const { dataDir } = settingsFrom(args, io).settings;
  const record = readRecord(dataDir);
  if (record === undefined && !dataDirectory.isInUse(dataDir)) {
    io.complain(
      `there is nothing to restart in ${dataDir}: no server has run there; \`corral server start\` starts one`,
    );
    return 1;
  }
  refuseOtherFlags(args);
  if (record?.background === false && dataDirectory.isInUse(dataDir)) {
    io.complain(`process ${record.pid} runs in the foreground: restart it where it was started`);
    return 1;
  }
  if (record !== undefined) mustHaveSecrets(record, io.env);
  const stopped = await stopServer(dataDir, timeoutMs, io);
  if (stopped !== 0 || record === undefined) return stopped;
  // Its own flags may name the directory by a variable that is not set here.
  const named = [namesOf("dataDir").flag, dataDir];
  const isNamed = record.args.slice(-2).join("\0") === named.join("\0");
  const ownArgs = isNamed ? record.args : [...record.args, ...named];
  return start({ args: ownArgs, workingDir: record.workingDir }, io);
}

/** They would be forgotten, and nobody would notice. */
function refuseOtherFlags(args: readonly string[]): void {
  for (const name of parseFlags(args).values.keys()) {
    if (name === "dataDir") continue;
    throw new UsageError(
      `restart keeps the flags that the server was started with: stop it, and start it with ${namesOf(name).flag}`,
    );
  }
}
