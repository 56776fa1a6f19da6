// A watcher is killed again and again while others write, and the server now and then as well. It goes on after the
// last zxid that it wrote down, and in the end it has written down every change once, in order.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { call, connect } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchEventKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { temporaryFolder } from "../story/programs.ts";
import { root, type ServerProcess, startServerProcess } from "../story/server-process.ts";

const rpc = Coordination.method;
/** WATCHER_KILLS=100 is the long form: 100,000 writes. */
const kills = Number(process.env["WATCHER_KILLS"] ?? 25);
const writesPerKill = 1_000;
const roundsPerServerKill = 10;
const nodes = 50;
const inFlight = 64;
/** Long enough for a start of Node on a busy machine. */
const patienceMs = 30_000;

test(`a watcher killed ${kills} times during ${kills * writesPerKill} writes sees each once`, async () => {
  const folder = temporaryFolder();
  const recorded = join(folder, "recorded");
  let server = await startServerProcess(join(folder, "data"));
  onTestFinished(() => server.kill());
  const first = connect(server.address);
  for (let i = 0; i < nodes; i++) await call(first, rpc.create, { path: `/node-${i}` });
  first.close();
  for (let round = 0; round < kills; round++) {
    const written = write(server, round);
    await runWatcher(server, recorded, () => sizeOf(recorded), round);
    await written;
    if (round % roundsPerServerKill !== roundsPerServerKill - 1) continue;
    await server.kill();
    server = await startServerProcess(join(folder, "data"));
  }
  const total = nodes + kills * writesPerKill;
  await runWatcher(server, recorded, () => linesOf(recorded).length >= total, 0);
  expectEveryChangeOnce(linesOf(recorded), total);
}, 400_000);

/** Writes with many calls in flight: node after node, so that each has its versions in order. */
async function write(server: ServerProcess, round: number): Promise<void> {
  const client = connect(server.address);
  let next = 0;
  const writer = async () => {
    while (next < writesPerKill)
      await call(client, rpc.set, { path: `/node-${next++ % nodes}`, text: `${round}` });
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  client.close();
}

/** Starts the watcher, and kills it a little after the condition is true, or what it answers has changed. */
async function runWatcher(
  server: ServerProcess,
  recorded: string,
  condition: () => number | boolean,
  round: number,
): Promise<void> {
  const program = join(root, "test/recovery/recording-watcher.ts");
  const before = condition();
  const watcher = spawn(process.execPath, [program, server.address, recorded], { stdio: "inherit" });
  const exited = once(watcher, "exit");
  try {
    const patience = AbortSignal.timeout(patienceMs);
    while (condition() === before) {
      patience.throwIfAborted();
      expectAlive(watcher);
      await delay(1);
    }
    await delay(round % 5);
  } finally {
    watcher.kill("SIGKILL");
    await exited;
  }
}

function expectAlive({ exitCode }: ChildProcess): void {
  expect(exitCode, "the watcher has ended by itself").toBeNull();
}

/** The zxids are dense, because nothing else happens: created, then set, each node's versions one by one. */
function expectEveryChangeOnce(lines: readonly string[], total: number): void {
  const versions = new Map<string, number>();
  const expected = lines.map((line, i) => {
    const path = line.split(" ")[2]!;
    const version = (versions.get(path) ?? -1) + 1;
    versions.set(path, version);
    const kind = version === 0 ? WatchEventKind.NODE_CREATED : WatchEventKind.NODE_DATA_CHANGED;
    return `${i + 1} ${kind} ${path} ${version}`;
  });
  expect(lines).toEqual(expected);
  expect(lines).toHaveLength(total);
}

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
