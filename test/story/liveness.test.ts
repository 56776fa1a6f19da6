// Liveness with the clock on the wall: real processes, a real server, short ticks.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { call, connect, stream } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent, KeepAliveRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { skipUnless } from "../support/tools.ts";
import { languages, startProgram, temporaryFolder } from "./programs.ts";
import { startServerProcess } from "./server-process.ts";

const rpc = Coordination.method;
const tickMs = 200;
const timeoutMs = 1_500;
/** Beyond the contract's own bound: for the machine, which runs other tests too. */
const graceMs = 1_000;

for (const { name, tools, prepare, programs } of languages) {
  skipUnless(...tools)(`a service in ${name}`, () => {
    beforeAll(prepare, 300_000);

    test("has a provider whose caller is told of its end within a tick of its timeout when it is killed", async () => {
      const { address, client } = await start();
      const told = linesOf(startProgram(programs.caller(), address, "/S/Login"));
      const provider = startProvider(address, timeoutMs);
      const path = await registered(provider);
      expect(await nextLine(told, "up")).toMatchObject({ text: `up ${path} 10.0.0.5:8000` });

      // A line is written before its beat is sent. The server has heard the first of these no earlier than that;
      // the second may never have left.
      const beat = await nextLine(provider.lines, "beat");
      await nextLine(provider.lines, "beat");
      provider.process.kill("SIGKILL");
      await once(provider.process, "exit");
      const killedAtMs = Date.now();
      const down = await nextLine(told, "down");

      expect(down.text).toBe(`down ${path}`);
      expect(down.atMs - beat.atMs).toBeGreaterThanOrEqual(timeoutMs);
      expect(down.atMs - killedAtMs).toBeLessThanOrEqual(timeoutMs + tickMs + graceMs);
      expect((await call(client, rpc.exists, { path: "/S/Login" })).stat).toMatchObject({ numChildren: 0 });
    }, 60_000);

    test("loses a provider while the server is away, and the caller is told once that is back", async () => {
      const dataDir = temporaryFolder();
      const { address, kill } = await start(dataDir);
      const provider = startProvider(address, timeoutMs);
      const path = await registered(provider);
      const told = linesOf(startProgram(programs.caller(), address, "/S/Login"));
      expect(await nextLine(told, "up")).toMatchObject({ text: `up ${path} 10.0.0.5:8000` });
      await kill();
      provider.process.kill("SIGKILL");
      await start(dataDir, "--port", address.split(":")[1]!);
      expect(await nextLine(told, "down")).toMatchObject({ text: `down ${path}` });
    }, 60_000);

    test("is followed by a caller who notices that the server is silent, and goes on after that", async () => {
      const { address, client, pid } = await start(temporaryFolder(), "--watch-bookmark-interval-ms", "100");
      const told = linesOf(startProgram(programs.caller(), address, "/S"));
      await call(client, rpc.create, { path: "/S" });
      await call(client, rpc.create, { path: "/S/a", text: "10.0.0.5:8000" });
      await nextLine(told, "up");
      // The second one is told by the watch, after its first bookmark.
      await call(client, rpc.create, { path: "/S/b", text: "10.0.0.6:8000" });
      await nextLine(told, "up");
      process.kill(pid, "SIGSTOP");
      await nextLine(told, "again");
      process.kill(pid, "SIGCONT");
      await call(client, rpc.delete, { path: "/S/a" });
      expect(await nextLine(told, "down")).toMatchObject({ text: "down /S/a" });
    }, 60_000);

    test("is read anew by a caller who was away for longer than the server remembers", async () => {
      const dataDir = temporaryFolder();
      const first = await start(dataDir);
      await call(first.client, rpc.create, { path: "/S" });
      await call(first.client, rpc.create, { path: "/S/a", text: "10.0.0.5:8000" });
      const told = linesOf(startProgram(programs.caller(), first.address, "/S"));
      await nextLine(told, "up");
      await first.kill();

      // On another port, where the caller does not look.
      const forgetful = await start(dataDir, "--history-max-transactions", "1");
      await call(forgetful.client, rpc.delete, { path: "/S/a" });
      await call(forgetful.client, rpc.create, { path: "/S/b", text: "10.0.0.6:8000" });
      await call(forgetful.client, rpc.set, { path: "/S", text: "the last change that is kept" });
      await forgetful.kill();

      await start(dataDir, "--port", first.address.split(":")[1]!);
      const { text } = await nextLine(told, "again", "no longer kept");
      expect(text).toContain("the changes after zxid 2 are no longer kept");
      expect(await nextLine(told, "down")).toMatchObject({ text: "down /S/a" });
      expect(await nextLine(told, "up")).toMatchObject({ text: "up /S/b 10.0.0.6:8000" });
    }, 60_000);

    test("loses a provider at once when that is asked to stop", async () => {
      const { address } = await start();
      // Too long a timeout for the node to go by itself within the test.
      const provider = startProvider(address, 4_000);
      const path = await registered(provider);
      const told = linesOf(startProgram(programs.caller(), address, "/S/Login"));
      await nextLine(told, "up");
      const stoppedAtMs = Date.now();
      provider.process.kill("SIGTERM");
      const down = await nextLine(told, "down");
      expect(down.text).toBe(`down ${path}`);
      expect(down.atMs - stoppedAtMs).toBeLessThan(3_500);
      expect(await once(provider.process, "close")).toEqual([0, null]);
    }, 60_000);

    function startProvider(address: string, timeoutMs: number): Provider {
      const service = ["/S/Login", "10.0.0.5:8000"];
      const process = startProgram(programs.provider(), address, ...service, `${timeoutMs}`);
      return { process, lines: linesOf(process) };
    }
  });
}

describe("a provider that is slow to beat", () => {
  test("stays while it beats at four fifths of its timeout, for ten timeouts", async () => {
    const { client } = await start();
    const life = stream(client, rpc.keepAlive);
    // The stream is cancelled with the client at the end.
    life.on("error", () => {});
    life.write(create(KeepAliveRequestSchema, { timeoutMs }));
    const [opened] = await once(life, "data");
    expect(opened.timeoutMs).toBe(timeoutMs);
    const node = { path: "/slow", mode: CreateMode.EPHEMERAL };
    await call(client, rpc.create, node, opened.sessionToken);

    let beatAtMs = performance.now();
    for (let beats = 0; beats < 13; beats++) {
      await delay(timeoutMs * 0.8);
      const silenceMs = performance.now() - beatAtMs;
      if (silenceMs > timeoutMs) throw new Error(`this test itself was stalled: silent for ${silenceMs} ms`);
      beatAtMs = performance.now();
      life.write(create(KeepAliveRequestSchema));
      const [answer] = await once(life, "data");
      expect(answer.event).toBe(KeepAliveEvent.ALIVE);
      expect((await call(client, rpc.exists, { path: "/slow" })).stat).toBeDefined();
    }
  }, 60_000);
});

interface Line {
  readonly atMs: number;
  readonly text: string;
}

interface Provider {
  readonly process: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

async function start(dataDir = temporaryFolder(), ...flags: string[]) {
  const { address, kill, pid } = await startServerProcess(dataDir, "--tick-ms", `${tickMs}`, ...flags);
  onTestFinished(kill);
  const client = connect(address);
  onTestFinished(() => client.close());
  return { address, client, kill, pid };
}

function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
  return createInterface({ input: stdout! })[Symbol.asyncIterator]();
}

/** The path of the provider's node, once it has registered. */
async function registered({ lines }: Provider): Promise<string> {
  const { text } = await nextLine(lines, "registered");
  return text.replace("registered ", "");
}

/** A program's next line that starts with a word, and when it was written. Bounded by the test's timeout. */
async function nextLine(lines: AsyncIterator<string>, word: string, part = word): Promise<Line> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the program ended before it said "${word}"`);
    const [time = "", ...text] = value.split(" ");
    if (text[0] === word && value.includes(part)) return { atMs: Date.parse(time), text: text.join(" ") };
  }
}
