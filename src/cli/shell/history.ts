import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { historyLinesMax } from "../limits.ts";

/** Where the shell keeps its history: XDG's place for state; a relative XDG_STATE_HOME is to be ignored. */
export function historyFile(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  const xdg = env["XDG_STATE_HOME"];
  const home = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeDir, ".local", "state");
  return join(home, "corral", "history");
}

/** The lines of former shells, the last one first; none where they cannot be read. */
export function loadHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    return lines.slice(-historyLinesMax).reverse();
  } catch {
    return [];
  }
}

/** Keeps the lines, the last one first, in a file for their owner alone: data are among them. No passwords, though. */
export function saveHistory(file: string, lines: readonly string[]): void {
  const kept = lines.filter(isKept).slice(0, historyLinesMax).reverse();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, kept.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  chmodSync(file, 0o600);
}

function isKept(line: string): boolean {
  return !/^\s*addauth\b/.test(line) && !/^\s/.test(line);
}
