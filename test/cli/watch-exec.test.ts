// `corral watch --exec` as processes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";
import { startCommand } from "./run-command.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
  await corral.ok("create", "/a", "0");
});

function watch(command: string, ...flags: string[]) {
  return startCommand(["watch", "/a", "--after", "1", "--exec", command, ...flags], {
    ...corral.env,
    PATH: "/usr/bin:/bin",
  });
}

test("a command is run for each event, one after the other, with the event in its environment and on its input", async () => {
  const log = join(tempDir(), "log");
  await corral.ok("set", "/a", "1");
  await corral.ok("create", "/a/b c", "x");
  await corral.ok("delete", "/a/b c");
  const command = `echo "$CORRAL_EVENT_ZXID $CORRAL_EVENT_KIND $CORRAL_EVENT_PATH" >> ${log}; cat >> ${log}; echo run`;
  expect(await watch(command, "-n", "3", "--data").finished).toEqual({
    code: 0,
    stdout: "run\nrun\nrun",
    stderr: "",
  });
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines.filter((_, at) => at % 2 === 0)).toEqual([
    "2 nodeDataChanged /a",
    "3 nodeCreated /a/b c",
    "4 nodeDeleted /a/b c",
  ]);
  expect(JSON.parse(lines[1]!)).toMatchObject({ zxid: 2, kind: "nodeDataChanged", path: "/a", text: "1" });
  expect(JSON.parse(lines[3]!)).toMatchObject({ zxid: 3, kind: "nodeCreated", path: "/a/b c", text: "x" });
});

test("a command that reads no input, and one that fails, do not end the watch: it exits with the last code that failed", async () => {
  for (const data of ["1", "2", "3"]) await corral.ok("set", "/a", data);
  const { code, stdout, stderr } = await watch("echo run; exit $((CORRAL_EVENT_ZXID % 4))", "-n", "3")
    .finished;
  expect({ code, stdout }).toEqual({ code: 3, stdout: "run\nrun\nrun" });
  expect(stderr).toBe(
    [2, 3]
      .map((zxid) => `corral: the command for nodeDataChanged of /a (zxid ${zxid}) exited with ${zxid}\n`)
      .join(""),
  );
});

test("a signal ends the watch and the command that runs, and both are waited for", async () => {
  await corral.ok("set", "/a", "1");
  await corral.ok("set", "/a", "2");
  const running = watch("trap 'echo told; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  await running.line("ready");
  running.child.kill("SIGTERM");
  // What the shell says of its own child on standard error differs from shell to shell.
  expect(await running.finished).toMatchObject({ code: 0, stdout: "ready\ntold" });
});

test("a signal between two commands ends the watch", async () => {
  await corral.ok("set", "/a", "1");
  const running = watch("echo ready");
  await running.line("ready");
  running.child.kill("SIGINT");
  expect(await running.finished).toMatchObject({ code: 0, stderr: "" });
});

test("the shell, whose terminal a command would share, refuses it", async () => {
  expect(await corral.run(["shell"], "watch /a --exec true\n")).toEqual({
    code: 2,
    stdout: "",
    stderr: "corral: --exec is not for the shell: run `corral watch` outside it\n",
  });
});
