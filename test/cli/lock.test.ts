// `corral lock` as processes, most of them against a server whose time stands still.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { FaultProxy } from "../support/fault-proxy.ts";
import { startServer, type TestServer } from "../support/start-server.ts";
import { tempDir } from "./load.ts";
import { startCommand, untilOrphaned } from "./run-command.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const node = process.execPath;
/** Says its token, and runs until a signal ends it. */
const forever = [node, "-e", `console.log('token ' + process.env.CORRAL_LOCK_TOKEN); ${untilOrphaned}`];
let server: TestServer;

beforeEach(async () => {
  server = await startServer();
});

function lock(words: readonly string[], flags: readonly string[] = [], endpoint = server.address) {
  return startCommand(["lock", "--endpoint", endpoint, "/l", ...flags, "--", ...words]);
}

function queue(): string[] {
  return [...server.engine.tree.childNames("/l")];
}

test("one command runs at a time, each with a greater token than the one before", async () => {
  const log = join(tempDir(), "log");
  const script = `
    const { appendFileSync } = require("node:fs");
    const say = (what) => appendFileSync(${JSON.stringify(log)}, what + " " + process.env.CORRAL_LOCK_TOKEN + "\\n");
    say("in");
    setTimeout(() => say("out"), 50);`;
  const all = await Promise.all(Array.from({ length: 4 }, () => lock([node, "-e", script]).finished));
  expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(4).fill({ code: 0, stderr: "" }));
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(8);
  const tokens = lines.filter((line) => line.startsWith("in")).map((line) => Number(line.split(" ")[1]));
  expect(lines).toEqual(tokens.flatMap((token) => [`in ${token}`, `out ${token}`]));
  expect(tokens).toEqual(tokens.toSorted((one, other) => one - other));
  expect(queue()).toEqual([]);
});

describe("the command's end is the verb's", () => {
  test.each([
    ["its exit code", "process.exit(7)", 7],
    ["the signal that ended it", "process.kill(process.pid, 'SIGKILL')", 137],
  ])("%s", async (_, script, code) => {
    expect(await lock([node, "-e", script]).finished).toMatchObject({ code, stderr: "" });
    expect(queue()).toEqual([]);
  });

  test("what looks like a flag of the verb, -h among them, is the command's from its first word on", async () => {
    const words = ["echo", "-h", "--help", "--", "-o"];
    const args = ["lock", "--endpoint", server.address, "/l", ...words];
    expect(await startCommand(args).finished).toMatchObject({
      code: 0,
      stdout: "-h --help -- -o",
      stderr: "",
    });
    const run = ["run", "--endpoint", server.address, "--register", "/e", ...words];
    expect(await startCommand(run).finished).toMatchObject({
      code: 0,
      stdout: "-h --help -- -o",
      stderr: "",
    });
  });

  test("a command that does not exist", async () => {
    expect(await lock(["/no/such"]).finished).toMatchObject({
      code: 127,
      stderr: "corral: /no/such: there is no such command\n",
    });
    expect(queue()).toEqual([]);
  });

  test("signals are the command's, however many", async () => {
    const script = `
      process.once("SIGINT", () => { process.once("SIGTERM", () => process.exit(3)); console.log("first"); });
      console.log("ready"); ${untilOrphaned};`;
    const running = lock([node, "-e", script]);
    await running.line("ready");
    running.child.kill("SIGINT");
    await running.line("first");
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ code: 3, stderr: "" });
    expect(queue()).toEqual([]);
  });
});

test("the command reads and writes what the verb was given", async () => {
  const args = [main, "lock", "--endpoint", server.address, "/l", "--", "/bin/cat"];
  const child = spawn(node, args, { env: {}, stdio: ["pipe", "pipe", "inherit"] });
  // More than a pipe holds, in two parts: the command has to wait for the second.
  const half = "x".repeat(200_000);
  const output = text(child.stdout);
  child.stdin.write(half);
  await once(child.stdout, "readable");
  child.stdin.end(half);
  expect(await output).toBe(half + half);
});

test("a command under a lock may be corral itself: the token disturbs no setting", async () => {
  expect(await lock([node, main, "config", "--data-dir", "/x"]).finished).toMatchObject({ code: 0 });
});

describe("a lock that is held", () => {
  test("is waited for, however many days that may take", async () => {
    const holder = lock(forever);
    await holder.line("token");
    const waiter = lock([node, "-e", "console.log('mine')"], ["--wait", "60d", "--timeout", "60d"]);
    await expect.poll(queue).toHaveLength(2);
    holder.child.kill("SIGTERM");
    expect(await waiter.finished).toMatchObject({ code: 0, stdout: "mine", stderr: "" });
  });

  test("is waited for as long as --wait says: exit 4, and no place is left behind", async () => {
    const holder = lock(forever, ["--data", "me"]);
    await holder.line("token");
    const [place] = queue();
    expect(Buffer.from(server.engine.tree.data(`/l/${place}`)!).toString()).toBe("me");
    expect(await lock(forever, ["--wait", "200ms"]).finished).toEqual({
      code: 4,
      stdout: "",
      stderr: "corral: the lock /l was not free within 200 ms\n",
    });
    expect(queue()).toEqual([place]);
  });

  test("is not waited for after ctrl-C: exit 130", async () => {
    const holder = lock(forever);
    await holder.line("token");
    const waiter = lock(forever);
    await expect.poll(queue).toHaveLength(2);
    waiter.child.kill("SIGINT");
    expect(await waiter.finished).toMatchObject({ code: 130, stdout: "" });
    expect(queue()).toHaveLength(1);
  });
});

describe("a lock that is lost ends the command: exit 5", () => {
  test("because somebody deleted the node", async () => {
    const holder = lock(forever);
    await holder.line("token");
    const [place] = queue();
    await server.client.unary(Coordination.method.delete, { path: `/l/${place}` });
    expect(await holder.finished).toMatchObject({
      code: 5,
      stderr: `corral: the lock /l was lost, and the command ended: somebody deleted the lock's node /l/${place}\n`,
    });
  });

  test("because an operator ended its session", async () => {
    const holder = lock(forever);
    await holder.line("token");
    const [place] = queue();
    const { ephemeralOwner } = server.engine.tree.node(`/l/${place}`)!;
    await server.client.unary(Admin.method.expireSession, { sessionId: BigInt(ephemeralOwner) });
    expect(await holder.finished).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/: the session \d+ (was ended, by an operator perhaps|is lost)\n$/),
    });
  });

  test("because the session is over, by its own clock", async () => {
    const quick = startCommand(["serve", "--port", "0", "--data-dir", tempDir(), "--tick-ms", "600"]);
    const { port } = JSON.parse(await quick.line("listening"));
    const proxy = await FaultProxy.start(port);
    const holder = lock(forever, [], proxy.address);
    await holder.line("token");
    proxy.stall();
    expect(await holder.finished).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/session \d+ is lost\n$/),
    });
  });
});

test("the lock of a holder that was killed passes on when its session ends", async () => {
  const quick = startCommand(["serve", "--port", "0", "--data-dir", tempDir(), "--tick-ms", "600"]);
  const { address } = JSON.parse(await quick.line("listening"));
  const holder = lock([node, "-e", "console.log('mine'); setTimeout(() => {}, 3000)"], [], address);
  await holder.line("mine");
  const next = lock(forever, [], address);
  holder.child.kill("SIGKILL");
  await next.line("token");
  next.child.kill("SIGTERM");
  expect(await next.finished).toMatchObject({ code: 143 });
});
