// `corral server`, as processes: each test has a data directory of its own.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Admin, LogLevel } from "../../gen/ts/corral/v1/admin_pb.js";
import { readRecord, recordFile, writeRecord } from "../../src/cli/server/record.ts";
import { dataFiles } from "../../src/journal/sqlite/files.ts";
import { isLocked, takeLock } from "../../src/journal/sqlite/lock.ts";
import { Authority } from "../support/certificates.ts";
import { RpcClient } from "../support/rpc-client.ts";
import { tempDir } from "./load.ts";
import { startCommand } from "./run-command.ts";

/** A data directory, and the actions on its server; that is killed with the test if it still runs. */
function place() {
  const dataDir = join(tempDir(), "data");
  onTestFinished(() => {
    const pid = readRecord(dataDir)?.pid;
    if (pid !== undefined && pid !== process.pid && isLocked(dataDir)) process.kill(pid, "SIGKILL");
  });
  const command = (action: string, ...flags: string[]) =>
    startCommand(["server", action, "--data-dir", dataDir, ...flags]);
  const run = (action: string, ...flags: string[]) => command(action, ...flags).finished;
  const start = async (...flags: string[]) => {
    expect(await run("start", "--port", "0", ...flags)).toMatchObject({ code: 0, stderr: "" });
    return readRecord(dataDir)!.pid!;
  };
  return { dataDir, command, run, start };
}

test("a server starts, tells how it is, and stops", async () => {
  const { dataDir, run } = place();
  const started = await run("start", "--port", "0");
  expect(started).toMatchObject({ code: 0, stderr: "" });
  const { pid, address, since } = readRecord(dataDir)!;
  expect(started.stdout).toBe(
    `started: process ${pid}, listening on ${address}, logging to ${dataDir}/corral.log`,
  );
  // A group of its own: ctrl-C in the terminal of `start` does not reach it.
  expect(process.kill(-pid!, 0)).toBe(true);
  expect(statSync(recordFile(dataDir)).mode & 0o777).toBe(0o600);
  expect(await run("status")).toEqual({
    code: 0,
    stderr: "",
    stdout: `running: ${address} (process ${pid})\ndata:    ${dataDir}\nsince:   ${since}\nzxid:    0`,
  });
  const facts = { state: "running", dataDir, pid, address, since, zxid: 0 };
  for (const flag of [["-o", "json"], ["--output=json"], ["--json"]])
    expect(JSON.parse((await run("status", ...flag)).stdout)).toEqual(facts);
  expect(await run("stop")).toEqual({ code: 0, stdout: `stopped: process ${pid}`, stderr: "" });
  expect(readFileSync(join(dataDir, "corral.log"), "utf8").trimEnd().split("\n").at(-1)).toContain("stopped");
  const stopped = `stopped: no server runs in ${dataDir}`;
  expect(await run("status")).toEqual({ code: 3, stdout: stopped, stderr: "" });
});

test("stop where nothing runs is done already, and makes nothing", async () => {
  const { dataDir, run } = place();
  expect(await run("stop")).toEqual({ code: 0, stdout: `no server runs in ${dataDir}`, stderr: "" });
  expect(await run("status")).toMatchObject({ code: 3 });
  expect(existsSync(dataDir)).toBe(false);
});

test("a second start is refused, and says what runs", async () => {
  const { dataDir, run, start } = place();
  const pid = await start();
  // The server itself may have something to tell meanwhile, of a slow disk say.
  const starts = () => readFileSync(join(dataDir, "corral.log"), "utf8").match(/"msg":"starting"/g);
  expect(starts()).toHaveLength(1);
  expect(await run("start", "--port", "0")).toMatchObject({
    code: 1,
    stderr: `corral: a server runs in ${dataDir} already: process ${pid}, listening on ${readRecord(dataDir)?.address}\n`,
  });
  expect(starts()).toHaveLength(1);
});

test("of starts at the same time one wins, and the record is that one's", async () => {
  const { dataDir, run } = place();
  const starts = await Promise.all([1, 2, 3].map(() => run("start", "--port", "0")));
  expect(starts.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
  const { address, pid } = readRecord(dataDir)!;
  expect(starts.find(({ code }) => code === 0)?.stdout).toContain(`process ${pid}, listening on ${address}`);
  expect((await run("status")).stdout).toContain(`running: ${address} (process ${pid})`);
});

test("a server that was killed is told as such, and is no obstacle", async () => {
  const { run, start } = place();
  const pid = await start();
  process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await run("status")).code).toBe(1);
  expect((await run("status")).stdout).toContain(`(process ${pid}) was killed`);
  const next = await start();
  expect(next).not.toBe(pid);
  process.kill(next, "SIGKILL");
  await expect.poll(async () => (await run("status")).code).toBe(1);
  expect(await run("stop")).toMatchObject({ code: 0, stdout: expect.stringContaining(`${next} was killed`) });
  expect(await run("status")).toMatchObject({ code: 3 });
});

test("a number that has passed to another process is left alone", async () => {
  const { dataDir, run, start } = place();
  await start();
  await run("stop");
  writeRecord(dataDir, { ...readRecord(dataDir)!, pid: process.pid });
  // Had it been sent, SIGTERM would have ended this process.
  expect(await run("stop")).toMatchObject({ code: 0 });
});

test("a record that cannot be read is none; the lock still counts", async () => {
  const { dataDir, run, start } = place();
  const pid = await start();
  const record = readFileSync(recordFile(dataDir));
  for (const damage of ["{", "null", '{"pid":-1,"args":[]}']) {
    writeFileSync(recordFile(dataDir), damage);
    expect(await run("stop")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("its process is not known"),
    });
  }
  expect(await run("start")).toMatchObject({
    code: 1,
    stderr: `corral: a server runs in ${dataDir} already\n`,
  });
  writeFileSync(recordFile(dataDir), record);
  expect((await run("stop")).stdout).toBe(`stopped: process ${pid}`);
});

test("a server that is drained runs, and says so", async () => {
  const { dataDir, run, start } = place();
  await start();
  const client = new RpcClient(readRecord(dataDir)!.address!);
  await client.unary(Admin.method.setDraining, { draining: true });
  expect(await run("status")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^draining: it takes/m),
  });
  expect(readFileSync(join(dataDir, "corral.log"), "utf8")).toMatch(/drained: the last session has gone/);
  await client.unary(Admin.method.setLogLevel, { level: LogLevel.DEBUG });
  expect(readFileSync(join(dataDir, "corral.log"), "utf8")).toMatch(/the level of the log was changed/);
  client.close();
  await run("stop");
});

test("a port that is taken ends the start with the log's last lines", async () => {
  const { dataDir, run } = place();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const { code, stdout, stderr } = await run("start", "--port", `${port}`);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`did not start (exit code 1); ${dataDir}/corral.log ends with:\n`);
  expect(stderr).toMatch(/\d INFO {2}starting$/m);
  expect(stderr).toContain(`port ${port} on 127.0.0.1 is already in use\n`);
  expect(await run("status")).toMatchObject({ code: 3 });
});

test("a data directory that cannot be one is told in a line", async () => {
  const { dataDir, run } = place();
  writeFileSync(dataDir, "a file");
  expect(await run("start")).toEqual({
    code: 1,
    stdout: "",
    stderr: `corral: cannot create ${dataDir}: EEXIST: it is a file\n`,
  });
});

test("a server that does not end in time is named", async () => {
  const { run, start } = place();
  const pid = await start();
  process.kill(pid, "SIGSTOP");
  const { code, stderr } = await run("stop", "--timeout", "200ms");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      `corral: process ${pid} was told to stop, and has not ended within 200 ms. ` +
      `Wait, or end it with \`kill -9 ${pid}\`: no acknowledged write is lost by that\n`,
  });
  process.kill(pid, "SIGCONT");
  await expect.poll(async () => (await run("status")).code).toBe(3);
});

test("a server that does not answer is neither running nor stopped", async () => {
  const { dataDir, run, start } = place();
  await start();
  await run("stop");
  const lock = takeLock(dataFiles(dataDir));
  onTestFinished(() => lock.release());
  expect(await run("status", "--port", "1")).toMatchObject({
    code: 5,
    stdout: expect.stringMatching(/^silent: .*127\.0\.0\.1:1 takes no connections$/),
  });
});

test("restart keeps the flags, also after a failure, a stop and a kill", async () => {
  const { dataDir, run, start } = place();
  const flags = ["--tick-ms", "700", "--log-level", "debug"];
  const pid = await start(...flags);
  const logged = join(dataDir, "corral.log");
  const kept = ["--data-dir", dataDir, "--port", "0", ...flags, "--data-dir", dataDir];
  const again = async () => {
    expect(await run("restart")).toMatchObject({ code: 0, stderr: "" });
    const record = readRecord(dataDir)!;
    expect(record).toMatchObject({ args: kept, background: true });
    return record.pid!;
  };
  const second = await again();
  expect(second).not.toBe(pid);
  process.kill(second, "SIGKILL");
  await expect.poll(async () => (await run("status")).code).toBe(1);
  await again();
  await run("stop");
  await again();
  expect(readFileSync(logged, "utf8").match(/"listening on/g)).toHaveLength(4);
  expect(await run("restart", "--tick-ms", "100")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("stop it, and start it with --tick-ms"),
  });
});

test("restart where no server ever ran is refused, and makes nothing", async () => {
  const { dataDir, run } = place();
  const refused = {
    code: 1,
    stdout: "",
    stderr: `corral: there is nothing to restart in ${dataDir}: no server has run there; \`corral server start\` starts one\n`,
  };
  expect(await run("restart", "--port", "0")).toEqual(refused);
  expect(existsSync(dataDir)).toBe(false);
  mkdirSync(dataDir);
  expect(await run("restart")).toEqual(refused);
  expect(readdirSync(dataDir)).toEqual([]);
});

test("start-foreground is serve: found by status, stopped by ctrl-C or stop, not restarted", async () => {
  const { dataDir, command, run } = place();
  for (const end of ["SIGINT", "stop"] as const) {
    const server = command("start-foreground", "--port", "0");
    const { address } = JSON.parse(await server.line("listening"));
    expect(await run("status")).toMatchObject({ code: 0, stdout: expect.stringContaining(address) });
    expect(await run("restart")).toMatchObject({
      code: 1,
      stderr: `corral: process ${server.child.pid} runs in the foreground: restart it where it was started\n`,
    });
    if (end === "stop") await run("stop");
    else server.child.kill(end);
    expect(await server.finished).toMatchObject({ code: 0, stderr: "" });
    expect(readRecord(dataDir)?.pid).toBeUndefined();
  }
});

test("ctrl-C while a start still waits takes it back", async () => {
  const { dataDir, command, run } = place();
  // Who reads the configuration waits for the test.
  const config = join(tempDir(), "corral.toml");
  execFileSync("mkfifo", [config]);
  const starting = command("start", "--config", config);
  await writeFile(config, "port = 0");
  // The command has read it: the next reader is the server.
  await expect.poll(() => existsSync(join(dataDir, "corral.log")), { timeout: 10_000 }).toBe(true);
  const held = await open(config, "w");
  starting.child.kill("SIGINT");
  expect(await starting.finished).toEqual({
    code: 130,
    stdout: "",
    stderr: "corral: interrupted: the server was not started\n",
  });
  await held.close();
  expect(await run("status")).toMatchObject({ code: 3 });
});

test("a server with TLS is asked by its own certificate; credentials are not needed", async () => {
  const { run, start } = place();
  const { certFile, keyFile } = new Authority().issue();
  const tls = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
  await start(...tls, "--require-authentication", "any");
  expect(await run("status", ...tls)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("zxid:    not told without credentials"),
  });
  // As it was started, whoever asks.
  expect(await run("status")).toMatchObject({ code: 0, stdout: expect.stringContaining("running: ") });
});

test("a server that demands certificates is asked with one", async () => {
  const { run, start } = place();
  const authority = new Authority();
  const { certFile, keyFile } = authority.issue();
  const client = authority.issue("/CN=operator");
  const tls = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
  await start(...tls, "--tls-client-ca-file", authority.certFile, "--tls-client-auth", "require");
  expect(await run("status", ...tls)).toMatchObject({ code: 5, stdout: expect.stringContaining("silent: ") });
  expect(await run("status")).toMatchObject({
    code: 5,
    stdout: expect.stringMatching(/^silent: .*it demands a certificate: --cert-file FILE --key-file FILE$/m),
  });
  const own = ["--cert-file", client.certFile, `--key-file=${client.keyFile}`];
  expect(await run("status", ...own)).toMatchObject({ code: 0 });
  expect(await run("status", ...tls, ...own)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^zxid: {4}\d+$/m),
  });
  expect(await run("status", ...tls, "--cert-file", client.certFile)).toMatchObject({
    code: 2,
    stderr: "corral: --cert-file and --key-file go together\n",
  });
});

test.each([
  [[], "an action is missing: one of start, start-foreground, stop, restart, status"],
  [["strat"], 'unknown action "strat" (did you mean start?)'],
  [["stop", "--timeout"], "--timeout needs a value"],
  [["stop", "--timeout=soon"], '--timeout must be a time such as 500ms, 5s or 2m, not "soon"'],
  [
    ["start", "--data-dir", "/x", "--audit-log", "stdout"],
    "audit_log is stdout, which a server in the background has not: give it a file",
  ],
])("corral server %j: exit 2", async (args, line) => {
  expect(await startCommand(["server", ...args]).finished).toEqual({
    code: 2,
    stdout: "",
    stderr: `corral: ${line}\n`,
  });
});
