import { homedir, tmpdir } from "node:os";
import type { Surroundings } from "../config/setting.ts";
import type { Io } from "./verb.ts";

/** This process's surroundings, for the settings whose defaults depend on them. */
export function surroundingsOf(io: Io): Surroundings {
  return {
    env: io.env,
    uid: process.getuid?.(),
    homeDir: homedir(),
    tempDir: tmpdir(),
    workingDir: process.cwd(),
  };
}
