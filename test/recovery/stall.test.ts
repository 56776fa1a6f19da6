// A server that stands still, and a disk that takes its time: nobody loses a session by either, and nobody waits
// for the disk who did not write.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { Client } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { call, connect, stream } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { KeepAliveRequestSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { temporaryFolder } from "../story/programs.ts";
import { type ServerProcess, startServerProcess } from "../story/server-process.ts";
import { skipUnless, toolPath } from "../support/tools.ts";

const rpc = Coordination.method;
/** More than what a busy machine may keep this test itself from its heartbeats. */
const timeoutMs = 2_000;

async function start(): Promise<{ server: ServerProcess; client: Client }> {
  const server = await startServerProcess(temporaryFolder(), "--tick-ms", "200");
  onTestFinished(server.kill);
  const client = connect(server.address);
  onTestFinished(() => client.close());
  return { server, client };
}

/** Opens a session with an ephemeral node at /e, and beats until the test ends. */
async function hold(client: Client): Promise<void> {
  const life = stream(client, rpc.keepAlive);
  life.on("error", () => {});
  life.write(create(KeepAliveRequestSchema, { timeoutMs }));
  const [opened] = await once(life, "data");
  await call(client, rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, opened.sessionToken);
  const beats = setInterval(() => life.write(create(KeepAliveRequestSchema)), timeoutMs / 4);
  onTestFinished(() => clearInterval(beats));
}

test("a server that was stopped for twice the timeout expires nobody who kept beating", async () => {
  const { server, client } = await start();
  await hold(client);
  process.kill(server.pid, "SIGSTOP");
  await delay(2 * timeoutMs);
  process.kill(server.pid, "SIGCONT");
  for (let looks = 0; looks < 10; looks++) {
    expect((await call(client, rpc.exists, { path: "/e" })).stat).toBeDefined();
    await delay(timeoutMs / 5);
  }
}, 30_000);

skipUnless("strace")("a disk that takes a second for each fsync", () => {
  test("holds up writes only: reads and heartbeats go on", async () => {
    const { server, client } = await start();
    await hold(client);
    await slowDown(server.pid);
    const order: string[] = [];
    const write = call(client, rpc.create, { path: "/slow" }).then(() => order.push("write"));
    for (let i = 0; i < 20; i++) {
      await call(client, rpc.get, { path: "/" });
      order.push("read");
    }
    await write;
    expect(order).toEqual([...new Array(20).fill("read"), "write"]);
    // Three seconds of fsync against a timeout of two.
    for (let i = 0; i < 3; i++) await call(client, rpc.set, { path: "/slow", text: `${i}` });
    expect((await call(client, rpc.exists, { path: "/e" })).stat).toBeDefined();
  }, 60_000);
});

/** Makes every fsync of a process take a second longer, until the test ends. */
async function slowDown(pid: number): Promise<void> {
  const inject = "inject=fdatasync,fsync:delay_enter=1000000";
  const strace = spawn(toolPath("strace"), ["-f", "-p", `${pid}`, "-o", "/dev/null", "-e", inject], {
    stdio: "ignore",
  });
  onTestFinished(async () => {
    strace.kill("SIGTERM");
    await once(strace, "exit");
  });
  await expect.poll(() => tracedThreads(pid).every((traced) => traced), { timeout: 10_000 }).toBe(true);
}

/** Of each thread, whether it is being traced. */
function tracedThreads(pid: number): boolean[] {
  return readdirSync(`/proc/${pid}/task`).map(
    (thread) => !readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8").includes("TracerPid:\t0"),
  );
}
