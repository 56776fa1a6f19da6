// The unit: that systemd understands it, that it is as closed as it looks, and that a server can live in it.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runTool, skipUnless, toolPath } from "../support/tools.ts";
import { read, root } from "./files.ts";
import { freePort, running, settingsFile, temporaryFolder } from "./running-server.ts";

const unit = read("systemd/corral.service");

/** All values of an option of the unit, in order. */
function options(name: string): string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

describe("the unit", () => {
  test("lets V8 compile: MemoryDenyWriteExecute would end it at its first function", () => {
    expect(options("MemoryDenyWriteExecute")).toEqual([]);
  });

  test("leaves a stop more time than the server takes for it, and does not repeat what cannot succeed", () => {
    const [, grace = ""] = /stopGraceMs = ([\d_]+)/.exec(readFileSync(join(root, "src/server.ts"), "utf8"))!;
    const [seconds] = options("TimeoutStopSec");
    expect(Number(seconds) * 1_000).toBeGreaterThan(4 * Number(grace.replaceAll("_", "")));
    // docs/configuration.md: 2 is a wrong flag, variable or file.
    expect(options("RestartPreventExitStatus")).toEqual(["2"]);
  });

  test("keeps its state where its configuration says, as the user that is made for it", () => {
    const [state] = options("StateDirectory");
    expect(read("systemd/corral.toml")).toContain(`data_dir = "/var/lib/${state}"`);
    expect(read("systemd/corral.sysusers.conf")).toMatch(new RegExp(`^u ${options("User")} - `, "m"));
  });
});

skipUnless("systemd-analyze")("systemd-analyze", () => {
  /** The unit with a program that is there. */
  function copyOfUnit(): { folder: string; file: string } {
    const folder = temporaryFolder();
    const file = join(folder, "corral.service");
    writeFileSync(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    return { folder, file };
  }

  test("understands every line", () => {
    const { folder, file } = copyOfUnit();
    const args = ["verify", "--man=no", file];
    // It warns of what it passes over, and exits with 0.
    const { status, stderr } = spawnSync(toolPath("systemd-analyze"), args, {
      cwd: folder,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("rates its exposure below 1.5 of 10", () => {
    const { folder, file } = copyOfUnit();
    runTool("systemd-analyze", ["security", "--offline=true", "--threshold=15", file], folder);
  });
});

skipUnless("systemd-analyze", "strace")("a server, watched by strace from its start to its end", () => {
  test("asks the kernel for nothing that the unit takes away", async () => {
    const folder = temporaryFolder();
    const trace = await traceOfServer(folder);
    const calls = new Set([...trace.matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = ""]) => name));
    expect(calls.size).toBeGreaterThan(30);
    const allowed = filtered(syscallGroups());
    // SQLite gives its files to the owner of the database, when it is run by root; the unit's user is not.
    if (process.getuid?.() === 0) calls.delete("fchown");
    expect([...calls].filter((name) => !allowed.has(name))).toEqual([]);

    const families = new Set([...trace.matchAll(/ socket\((AF_\w+)/g)].map(([, name]) => name));
    const [restricted = ""] = options("RestrictAddressFamilies");
    expect([...families].filter((name) => !restricted.split(" ").includes(name!))).toEqual([]);
  }, 60_000);

  test("writes nowhere but into its data directory and the temporary one", async () => {
    const folder = temporaryFolder();
    const trace = await traceOfServer(folder);
    const opened = [...trace.matchAll(/ openat\(\w+, "([^"]+)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)/g)];
    const moved = [...trace.matchAll(/ (?:rename|mkdir|unlink|symlink|link)\w*\((?:AT_FDCWD, )?"([^"]+)"/g)];
    const written = [...opened, ...moved].map(([, path = ""]) => path);
    expect(written).toContain(join(folder, "data/corral.db"));
    const elsewhere = written.filter((path) => !path.startsWith(`${folder}/`) && path !== "/dev/null");
    expect(elsewhere).toEqual([]);
  }, 60_000);
});

/** Starts a server under strace, as the unit would, asks whether it is ready, stops it, and answers its system calls. */
async function traceOfServer(folder: string): Promise<string> {
  const file = join(folder, "trace");
  const http = await freePort();
  const config = settingsFile("systemd/corral.toml", folder, { http });
  const strace = [toolPath("strace"), "-f", "-qq", "-s", "300", "-e", "signal=none", "-o", file] as const;
  const serve = [process.execPath, join(root, "src/cli/main.ts"), "serve", "--config", config];
  const server = await running([...strace, ...serve], {
    env: { PATH: process.env["PATH"], TMPDIR: folder },
    pid: () => JSON.parse(readFileSync(join(folder, "data/server.json"), "utf8")).pid,
  });
  expect((await fetch(`http://127.0.0.1:${http}/readyz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${http}/metrics`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  return readFileSync(file, "utf8");
}

/** systemd's groups of system calls, by name. */
function syscallGroups(): Map<string, string[]> {
  const text = runTool("systemd-analyze", ["syscall-filter", "--no-pager"], root);
  const groups = text.matchAll(/^(@\S+)\n((?:[ #].*\n)*)/gm);
  return new Map(
    [...groups].map(([, name = "", members = ""]) => [name, members.match(/^ +[@\w]\S*$/gm) ?? []]),
  );
}

/** The system calls that the unit's filter lets through. */
function filtered(groups: ReadonlyMap<string, readonly string[]>): Set<string> {
  const expand = (name: string): string[] =>
    name.startsWith("@") ? groups.get(name)!.flatMap((member) => expand(member.trim())) : [name];
  const allowed = new Set<string>();
  for (const line of options("SystemCallFilter")) {
    const names = line.replace(/^~/, "").split(" ").flatMap(expand);
    for (const name of names) line.startsWith("~") ? allowed.delete(name) : allowed.add(name);
  }
  return allowed;
}
