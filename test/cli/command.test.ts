import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namesOf, settingNames } from "../../src/config/settings.ts";
import { tempDir, tempFile } from "./load.ts";
import { startCommand } from "./run-command.ts";

const run = (args: readonly string[], env: Record<string, string> = {}) => startCommand(args, env).finished;

test.each([
  [[], "a verb is missing; `corral help` lists them"],
  [["srve"], 'unknown verb "srve" (did you mean serve?)'],
  [["help", "confg"], 'unknown verb "confg" (did you mean config?)'],
  [["--vesion"], 'unknown flag "--vesion" (did you mean --version?)'],
  [["serve", "--prot", "1"], "unknown flag --prot (did you mean --port?)"],
  [["serve", "--port", "x\ny"], 'port must be a whole number from 0 to 65535, not "x\\ny" (from --port)'],
  [["serve", "two\nlines"], 'unexpected argument "two\\nlines"'],
  [
    ["serve", "--config", "/no/such\nfile"],
    "configuration file /no/such file cannot be read: it does not exist",
  ],
  [["config", "--json=1"], "--json takes no value"],
])("corral %j: one line on standard error, exit 2", async (args, line) => {
  expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: `corral: ${line}\n` });
});

test("a wrong variable is fatal as well", async () => {
  const { code, stderr } = await run(["serve"], { CORRAL_TICK: "1" });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "corral: unknown environment variable CORRAL_TICK (did you mean CORRAL_TICK_MS?)\n",
  });
});

test("--version prints the package's version", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await run(["--version"])).toEqual({ code: 0, stdout: `corral ${version}`, stderr: "" });
});

test("help lists the verbs; a verb's help lists every setting, and --help wins over other arguments", async () => {
  const overview = await run(["help"]);
  expect(overview).toMatchObject({ code: 0, stderr: "" });
  expect(overview.stdout).toMatch(/^ {2}serve +\S.*\n {2}config +\S.*(\n.*)*\n {2}ls +\S/m);
  const help = await run(["serve", "--prot", "--help"]);
  expect(help.code).toBe(0);
  for (const name of settingNames) expect(help.stdout).toContain(`  ${namesOf(name).flag}`);
});

test("what config prints is a file that config reads; warnings go to standard error", async () => {
  const zoo = tempFile("zoo.cfg", "tickTime=500\ninitLimit=5\ndataDir=/srv/data");
  const first = await run(["config", "--config", zoo, "--host", "::1"]);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^corral: warning: .*initLimit ignored: .*\n$/);
  const again = await run(["config", "--json"], { CORRAL_CONFIG: tempFile("corral.toml", first.stdout) });
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(again.stdout)).toMatchObject({
    tick_ms: { value: 500 },
    data_dir: { value: "/srv/data" },
    host: { value: "::1" },
    max_session_timeout_ms: { value: 10_000 },
  });
});

test("serve logs where it listens, warns in its log, and stops at SIGTERM with 0", async () => {
  const dir = join(tempDir(), "data");
  const config = tempFile("zoo.cfg", `dataDir=${dir}\nclientPort=0\nsyncLimit=5`);
  const server = startCommand(["serve", "--config", config]);
  const listening = JSON.parse(await server.line("listening"));
  expect(listening.address).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(JSON.parse(await server.line("syncLimit"))).toMatchObject({ level: "warn" });
  server.child.kill("SIGTERM");
  expect(await server.finished).toMatchObject({ code: 0, stderr: "" });
});

test("keys that cannot be used end the start with one line, before the database is touched", async () => {
  const dir = join(tempDir(), "data");
  const keys = ["--tls-cert-file", "/no/such.pem", "--tls-key-file", "/no/such.key"];
  const { code, stderr } = await run(["serve", "--port", "0", "--data-dir", dir, ...keys]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: "corral: /no/such.pem cannot be read: it does not exist\n",
  });
  expect(existsSync(dir)).toBe(false);
});

test("an open door is told in the log", async () => {
  const server = startCommand(["serve", "--port", "0", "--host", "0.0.0.0", "--data-dir", tempDir()]);
  expect(JSON.parse(await server.line("no TLS"))).toMatchObject({ level: "warn", host: "0.0.0.0" });
  expect(JSON.parse(await server.line("taken from anybody"))).toMatchObject({ level: "warn" });
  server.child.kill("SIGTERM");
  await server.finished;
});

test("the audit log begins and ends with the server, in a file for its owner alone", async () => {
  const file = join(tempDir(), "audit.log");
  const args = ["serve", "--port", "0", "--data-dir", tempDir(), "--audit-log", file];
  for (let start = 0; start < 2; start++) {
    const server = startCommand(args);
    await server.line("listening");
    server.child.kill("SIGTERM");
    await server.finished;
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { time: expect.stringMatching(/^\d{4}-/), operation: "serverStart", result: "success" },
    { operation: "serverStop", result: "invoked" },
    { operation: "serverStart" },
    { operation: "serverStop" },
  ]);
});

test("an audit log that cannot be written ends the start; one whose disk is full is told in the log", async () => {
  const serve = ["serve", "--port", "0", "--data-dir", join(tempDir(), "data"), "--audit-log"];
  const { code, stderr } = await run([...serve, "/no/such/audit.log"]);
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^corral: the audit log cannot be written: ENOENT/),
  });
  const server = startCommand([...serve, "/dev/full"]);
  expect(JSON.parse(await server.line("loses lines"))).toMatchObject({
    level: "warn",
    reason: expect.stringContaining("ENOSPC"),
  });
  await server.line("listening");
  server.child.kill("SIGTERM");
  expect(await server.finished).toMatchObject({ code: 0 });
});
