// Liveness with the clock on the wall: real processes, a real server, short ticks.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { Client } from "@grpc/grpc-js";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { call, connect, stream } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveEvent, KeepAliveRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { skipUnless } from "../support/tools.ts";
import { languages, runProgram, startProgram, temporaryFolder } from "./programs.ts";
import { startServerProcess } from "./server-process.ts";

const rpc = Coordination.method;
const tickMs = 200;
const timeoutMs = 1_500;
/** Beyond the contract's own bound: for the machine, which runs other tests too. */
const graceMs = 1_000;
const pollMs = 20;

for (const { name, tools, prepare, programs } of languages) {
  skipUnless(...tools)(`a provider in ${name}`, () => {
    beforeAll(prepare, 300_000);

    test("is found by a caller, and its node goes within a tick of its timeout when it is killed", async () => {
      const { address, client } = await start();
      const provider = startProgram(
        programs.provider(),
        address,
        "/S/Login",
        "10.0.0.5:8000",
        `${timeoutMs}`,
      );
      const log = createInterface({ input: provider.stdout! })[Symbol.asyncIterator]();
      const { text } = await nextLine(log, "registered");
      const path = text.replace("registered ", "");
      expect(await runProgram(programs.caller(), address, "/S/Login")).toBe("10.0.0.5:8000\n");

      // A line is written before its beat is sent. The server has heard the first of these no earlier than that;
      // the second may never have left.
      const beat = await nextLine(log, "beat");
      await nextLine(log, "beat");
      provider.kill("SIGKILL");
      await once(provider, "exit");
      const killedAtMs = Date.now();
      const { lastSeenAtMs, goneAtMs } = await untilGone(client, path);

      expect(goneAtMs - beat.atMs).toBeGreaterThanOrEqual(timeoutMs);
      expect(lastSeenAtMs - killedAtMs).toBeLessThanOrEqual(timeoutMs + tickMs + graceMs);
      expect((await call(client, rpc.exists, { path: "/S/Login" })).stat).toMatchObject({ numChildren: 0 });
      expect(await runProgram(programs.caller(), address, "/S/Login")).toBe("");
    }, 60_000);

    test("takes its node along at once when it is asked to stop", async () => {
      const { address, client } = await start();
      // Too long a timeout for the node to go by itself within the test.
      const provider = startProgram(programs.provider(), address, "/S/Login", "10.0.0.5:8000", "4000");
      const log = createInterface({ input: provider.stdout! })[Symbol.asyncIterator]();
      await nextLine(log, "registered");
      const stoppedAtMs = Date.now();
      provider.kill("SIGTERM");
      expect(await once(provider, "exit")).toEqual([0, null]);
      expect(Date.now() - stoppedAtMs).toBeLessThan(3_500);
      expect((await call(client, rpc.list, { path: "/S/Login" })).children).toEqual([]);
    }, 60_000);
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

async function start() {
  const server = await startServerProcess(temporaryFolder(), "--tick-ms", `${tickMs}`);
  onTestFinished(server.kill);
  const client = connect(server.address);
  onTestFinished(() => client.close());
  return { address: server.address, client };
}

/** The provider's next line that starts with a word, and when it was written. */
async function nextLine(log: AsyncIterator<string>, word: string): Promise<{ atMs: number; text: string }> {
  for (;;) {
    const { value, done } = await log.next();
    if (done) throw new Error(`the provider ended before it said "${word}"`);
    const [time = "", ...text] = value.split(" ");
    if (text[0] === word) return { atMs: Date.parse(time), text: text.join(" ") };
  }
}

/** When a node was last seen, at least, and when it was known to be gone. Bounded by the test's timeout. */
async function untilGone(client: Client, path: string): Promise<{ lastSeenAtMs: number; goneAtMs: number }> {
  let lastSeenAtMs = Number.NaN;
  for (;;) {
    const askedAtMs = Date.now();
    const { stat } = await call(client, rpc.exists, { path });
    if (stat === undefined) return { lastSeenAtMs, goneAtMs: Date.now() };
    lastSeenAtMs = askedAtMs;
    await delay(pollMs);
  }
}
