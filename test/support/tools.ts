import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { findGo, findProgram, pythonInVenv, toolsBin } from "../../scripts/tools.ts";

/** The programs beside Node that some tests need. */
export type Tool =
  | "go"
  | "grpcurl"
  | "python"
  | "strace"
  | "h2load"
  | "openssl"
  | "script"
  | "zsh"
  | "fish"
  | "mount"
  | "promtool"
  | "systemd-analyze";

/** Where each one is, and how to get it. The environment variable comes first; empty, it means none. Its name
 * does not begin with CORRAL_, since the server takes such a one for a setting. */
const tools: Record<Tool, { variable: string; find: () => string | undefined; hint: string }> = {
  go: { variable: "WITH_GO", find: findGo, hint: "install Go 1.25 or later" },
  grpcurl: {
    variable: "WITH_GRPCURL",
    find: () => existing(join(toolsBin, "grpcurl")) ?? findProgram("grpcurl"),
    hint: "npm run tools",
  },
  python: { variable: "WITH_TEST_PYTHON", find: () => existing(pythonInVenv), hint: "npm run tools" },
  strace: { variable: "WITH_STRACE", find: () => findProgram("strace"), hint: "install strace" },
  h2load: { variable: "WITH_H2LOAD", find: () => findProgram("h2load"), hint: "install nghttp2-client" },
  script: { variable: "WITH_SCRIPT", find: () => findProgram("script"), hint: "install util-linux" },
  mount: { variable: "WITH_MOUNT", find: findMount, hint: "run as root, with the right to mount" },
  zsh: { variable: "WITH_ZSH", find: () => findProgram("zsh"), hint: "install zsh" },
  fish: { variable: "WITH_FISH", find: () => findProgram("fish"), hint: "install fish" },
  openssl: { variable: "WITH_OPENSSL", find: () => findProgram("openssl"), hint: "install openssl" },
  promtool: { variable: "WITH_PROMTOOL", find: () => findProgram("promtool"), hint: "install prometheus" },
  "systemd-analyze": {
    variable: "WITH_SYSTEMD_ANALYZE",
    find: () => findProgram("systemd-analyze"),
    hint: "install systemd",
  },
};

/** The path of a tool. Throws when it is not there; tests that may run without it begin with skipUnless. */
export function toolPath(name: Tool): string {
  const path = find(name);
  if (path === undefined) throw new Error(missing(name));
  return path;
}

/**
 * `describe` for tests that need tools. Without them it skips the tests, and says which tool is missing and
 * how to get it; in CI it fails instead.
 */
export function skipUnless(...names: Tool[]): (title: string, body: () => void) => void {
  const absent = names.filter((name) => find(name) === undefined);
  if (absent.length === 0) return (title, body) => describe(title, body);
  const reason = absent.map(missing).join("; ");
  if (process.env["CI"] !== "true")
    return (title, body) => {
      // The usual report counts what is skipped, and does not say what or why.
      console.warn(`skipped: ${title}: ${reason}`);
      describe.skip(title, body);
    };
  return (title) =>
    describe(title, () => {
      test("has the tools it needs", () => {
        throw new Error(reason);
      });
    });
}

/** Runs a tool to its end and answers its output. Throws with its output when it does not exit with 0. */
export function runTool(name: Tool, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(toolPath(name), args, { cwd, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} ${args.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  return stdout;
}

function find(name: Tool): string | undefined {
  const named = process.env[tools[name].variable];
  return named === undefined ? tools[name].find() : named || undefined;
}

function missing(name: Tool): string {
  return `${name} is missing: ${tools[name].hint}, or name it in ${tools[name].variable}`;
}

function existing(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** Found where a file system can be mounted: tried in a mount namespace of its own. */
function findMount(): string | undefined {
  const tried = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", tmpdir()]);
  return tried.status === 0 ? findProgram("mount") : undefined;
}
