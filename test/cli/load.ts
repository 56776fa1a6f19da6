import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parseFlags } from "../../src/config/flags.ts";
import { type Effective, loadSettings } from "../../src/config/load.ts";
import type { Surroundings } from "../../src/config/setting.ts";

/** An ordinary user on an ordinary machine. */
const surroundings: Surroundings = {
  env: {},
  uid: 1000,
  homeDir: "/home/ada",
  tempDir: "/scratch",
  workingDir: "/work-dir",
};

/** What `corral serve` would start with. */
export function load(
  args: readonly string[],
  env: Surroundings["env"] = {},
  elsewhere: Partial<Surroundings> = {},
): Effective {
  return loadSettings(parseFlags(args), { ...surroundings, ...elsewhere, env });
}

/** The one line that tells what is wrong; fails if nothing is. */
export function complaint(args: readonly string[], env: Surroundings["env"] = {}): string {
  try {
    load(args, env);
  } catch (error) {
    if (error instanceof Error && error.name === "UsageError") return error.message;
    throw error;
  }
  throw new Error("nothing was wrong with it");
}

/** A file that lives as long as the test. */
export function tempFile(name: string, content: string): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content);
  return path;
}

/** A directory that lives as long as the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "corral-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
