import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { completionNamesMax } from "../../src/cli/limits.ts";
import { type Corral, startCorral } from "./corral.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
  await corral.ok("create", "-p", "/services/login");
  await corral.ok("create", "/services/pay");
});

/** What the script of fish, which quotes words itself, is told about the words that are typed. */
async function answer(...typed: string[]): Promise<string[]> {
  return (await corral.ok("completion", "words", "fish", "--", ...typed)).split("\n");
}

async function words(...typed: string[]): Promise<string[]> {
  const [kind, ...found] = await answer(...typed);
  expect(kind).toBe("words");
  return found;
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
  expect(await words("get", "/services/login", "/services/p")).toEqual(["/services/pay"]);
  expect(await words("run", "--register", "/services/l")).toEqual(["/services/login"]);
  expect(await words("get", "--", "/services/l")).toEqual(["/services/login"]);
  expect(await words("get", "--endpoint", "127.0.0.1:1", "/se")).toEqual([]);
});

test("completes a line that begins with a word of another command line as that of the verb it stands for", async () => {
  expect(await words("put", "/services/l")).toEqual(["/services/login"]);
  expect(await words("rmr", "/services/p")).toEqual(["/services/pay"]);
  expect(await words("addWatch", "--kind", "persistentR")).toEqual(["persistentRecursive"]);
  expect(await words("lease", "/services/p")).toEqual([]);
});

test("completes words that verbs and flags take, and the names of contexts", async () => {
  expect(await words("help", "wat")).toEqual(["watch", "watches"]);
  expect(await words("completion", "z")).toEqual(["zsh"]);
  expect(await words("server", "st")).toEqual(["start", "start-foreground", "stop", "status"]);
  expect(await words("log-level", "d")).toEqual(["debug"]);
  expect(await words("get", "-o", "")).toEqual(["table", "json", "ndjson"]);
  expect(await words("--output", "j")).toEqual(["json"]);
  expect(await words("get", "--output=n")).toEqual(["--output=ndjson"]);
  expect(await words("watch", "--kind", "persistent")).toEqual(["persistentRecursive", "persistent"]);
  expect(await words("serve", "--log-level", "")).toContain("debug");
  expect(await words("serve", "--tick")).toEqual(["--tick-ms"]);
  expect(await words("config", "--output", "j")).toEqual(["json"]);
  const file = join(corral.env["XDG_CONFIG_HOME"]!, "corral", "contexts.toml");
  mkdirSync(dirname(file));
  writeFileSync(file, '[contexts.staging]\nendpoint = "a:1"\n[contexts.production]\n');
  expect(await words("ls", "--context", "s")).toEqual(["staging"]);
});

test.each([
  [["export", "/services", ""], "file"],
  [["transact", ""], "file"],
  [["create", "/a", "-f", ""], "file"],
  [["ls", "--ca-file="], "file"],
  [["serve", "--config", ""], "file"],
  [["serve", "--data-dir", ""], "directory"],
  [["restore", "f", ""], "directory"],
  [["fsck", ""], "directory"],
  [["lock", "/l", "make", ""], "file"],
  [["lock", "/l", "make", "-"], "file"],
])("leaves files and directories to the shell: %j", async (typed, kind) => {
  expect(await answer(...typed)).toEqual([kind]);
});

test("offers the subcommand beside files", async () => {
  expect(await answer("backup", "in")).toEqual(["file", "inspect"]);
  expect(await answer("backup", "inspect", "")).toEqual(["file"]);
});

test("finds a name among any number of others, and does not complete what is not all", async () => {
  for (const part of ["a", "b"]) {
    const some = Array.from({ length: 990 }, (_, at) => `create /services/${part}-${at}`);
    await corral.run(["transact", "-"], some.join("\n"));
  }
  expect(await words("get", "/services/b-989")).toEqual(["/services/b-989"]);
  const all = await words("get", "/services/");
  expect(all).toHaveLength(completionNamesMax + 1);
  // So these have no more in common than what is typed.
  expect(all[0]).toBe("/services/");
});

test("offers no name that steers a terminal or looks like another, nor takes the others for all", async () => {
  await corral.ok("create", "/services/log\u202enimda");
  expect(await words("get", "/services/lo")).toEqual(["/services/lo", "/services/login"]);
});

test("offers nothing where nothing is known", async () => {
  expect(await words("stat", "/services/login", "")).toEqual([]);
  expect(await words("set", "-v", "")).toEqual([]);
  expect(await words("nonsense", "")).toEqual([]);
  expect(await words("get", "")).toEqual(["/"]);
  expect(await words("get", "/no/such/")).toEqual([]);
});

test.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
  expect(await corral.ok("completion", shell)).toContain(`corral completion words ${shell} -- `);
});

test("a shell that is not known is told", async () => {
  expect(await corral.run(["completion", "tcsh"])).toMatchObject({
    code: 2,
    stderr: 'corral: completion: say bash, zsh or fish, not "tcsh"\n',
  });
});
