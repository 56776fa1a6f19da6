import { parseFlags } from "../../config/flags.ts";
import { type Effective, loadSettings } from "../../config/load.ts";
import { surroundingsOf } from "../surroundings.ts";
import type { Io } from "../verb.ts";

/** The settings with which a server would start, in this working directory. @throws UsageError */
export function settingsFrom(args: readonly string[], io: Io, workingDir = process.cwd()): Effective {
  return loadSettings(parseFlags(args), { ...surroundingsOf(io), workingDir });
}
