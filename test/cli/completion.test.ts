import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, test } from "vitest";
import { completionNamesMax } from "../../src/cli/limits.ts";
import { skipUnless } from "../support/tools.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";
import { main, startCommand } from "./run-command.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
  await corral.ok("create", "-p", "/services/login");
  await corral.ok("create", "/services/pay");
});

async function words(...typed: string[]): Promise<string[]> {
  return (await corral.ok("completion", "words", "--", ...typed)).split("\n").filter((word) => word !== "");
}

test("completes verbs, flags and the paths of the server that the line names", async () => {
  expect(await words("del")).toEqual(["delete", "deleteall", "delquota"]);
  expect(await words("--end")).toEqual(["--endpoint"]);
  expect(await words("create", "--se")).toEqual(["--sequential"]);
  expect(await words("create", "--to")).toEqual(["--token", "--token-file"]);
  expect(await words("get", "/ser")).toEqual(["/services"]);
  expect(await words("get", "/services/")).toEqual(["/services/login", "/services/pay"]);
  expect(await words("grep", "x", "/services/p")).toEqual(["/services/pay"]);
  expect(await words("set", "-v", "1", "/services/l")).toEqual(["/services/login"]);
  expect(await words("--timeout", "5s", "get", "/se")).toEqual(["/services"]);
  expect(await words("help", "wat")).toEqual(["watch", "watches"]);
  expect(await words("completion", "z")).toEqual(["zsh"]);
  expect(await words("get", "--endpoint", "127.0.0.1:1", "/se")).toEqual([]);
});

test("offers a bounded number of paths", async () => {
  for (const part of [0, 1]) {
    const some = Array.from({ length: 600 }, (_, at) => `create /services/${part}-${at}`);
    await corral.run(["transact", "-"], some.join("\n"));
  }
  expect(await words("get", "/services/")).toHaveLength(completionNamesMax);
});

test("offers nothing where nothing is known", async () => {
  expect(await words("get", "/services/login", "")).toEqual([]);
  expect(await words("set", "-v", "")).toEqual([]);
  expect(await words("nonsense", "")).toEqual([]);
  expect(await words("get", "")).toEqual(["/"]);
  expect(await words("get", "/no/such/")).toEqual([]);
});

test.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
  expect(await corral.ok("completion", shell)).toContain("corral completion words -- ");
});

test("a shell that is not known is told", async () => {
  expect(await corral.run(["completion", "tcsh"])).toMatchObject({
    code: 2,
    stderr: 'corral: completion: say bash, zsh or fish, not "tcsh"\n',
  });
});

/** Runs a shell in which `corral` is this command, with the completion script for it in a file. */
async function inShell(shell: string, args: (script: string) => string[]): Promise<string> {
  const dir = tempDir();
  const script = join(dir, `corral.${shell}`);
  writeFileSync(script, `${(await startCommand(["completion", shell]).finished).stdout}\n`);
  writeFileSync(join(dir, "corral"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(dir, "corral"), 0o755);
  const env = { ...corral.env, PATH: `${dir}:${process.env["PATH"]}`, HOME: dir };
  // The server that it asks for paths is in this process.
  const { stdout, stderr } = await promisify(execFile)(shell, args(script), { env, timeout: 20_000 });
  expect(stderr).toBe("");
  return stdout;
}

test("the script completes in bash", async () => {
  const program = (script: string) => `compopt() { :; }; source ${script}
COMP_WORDS=(corral delet); COMP_CWORD=1; _corral; printf '%s\\n' "\${COMPREPLY[@]}"`;
  expect(await inShell("bash", (script) => ["--norc", "-c", program(script)])).toBe("delete\ndeleteall\n");
});

skipUnless("fish")("in fish", () => {
  test("the script completes verbs and paths", async () => {
    const ask = (line: string) => `complete -C '${line}'`;
    const program = (script: string) =>
      `source ${script}; ${ask("corral delet")}; ${ask("corral get /services/")}`;
    const completed = await inShell("fish", (script) => ["--no-config", "-c", program(script)]);
    expect(completed).toBe("delete\ndeleteall\n/services/login\n/services/pay\n");
  });
});

skipUnless("zsh")("in zsh", () => {
  test("the script completes the line that somebody types", async () => {
    // An interactive shell at a terminal of its own: a word that can only become one thing is completed by the tab.
    const program = (script: string) => `zmodload zsh/zpty; zpty -b typed zsh -f -i
zpty -w typed "autoload -U compinit && compinit -D -u; source ${script}; print LOADED"
zpty -r typed seen '*LOADED*LOADED*'
zpty -w -n typed $'corral get /services/l\t'
zpty -r typed seen '*/services/login*'; print COMPLETED`;
    expect(await inShell("zsh", (script) => ["-f", "-c", program(script)])).toBe("COMPLETED\n");
  });
});
