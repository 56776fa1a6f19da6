import { setTimeout as sleep } from "node:timers/promises";
import { type Client, connect } from "../../src/client/index.ts";
import { ServerProcess } from "./server-process.ts";

const nodes = 10_000;
const idleSeconds = 30;

/**
 * One client in this process: ten thousand ephemeral nodes, each a call of its own, made and read in one go, first as
 * calls of their own and then as the client does by itself; and what a client costs that has a session and a watch
 * and nothing to do.
 */
export async function client(dataDir: string): Promise<object[]> {
  const server = await ServerProcess.start(dataDir);
  const rows: object[] = [];
  const calls = await connect({ endpoints: server.address, pipelineFrom: Number.POSITIVE_INFINITY });
  await calls.create("/bench");
  // The first round runs on cold code, on both sides.
  for (const round of ["first", "second", "third"]) rows.push(...(await rounds(calls, `calls: ${round}`)));
  await calls.close();
  await using connected = await connect({ endpoints: server.address });
  for (const round of ["first", "second", "third"]) rows.push(...(await rounds(connected, round)));
  rows.push(await idle(connected));
  await connected.close();
  await server.stop();
  return rows;
}

async function rounds(connected: Client, round: string): Promise<object[]> {
  const paths = Array.from({ length: nodes }, (_, i) => `/bench/${round}-${i}`);
  const bounds = { timeoutMs: 60_000 };
  const create = (i: number) =>
    connected.create(paths[i]!, "10.0.0.5:8000", { mode: "ephemeral", ...bounds });
  const rows = [
    await timed(`${round} ${nodes} ephemeral nodes`, create),
    await timed(`reading them`, (i) => connected.get(paths[i]!, bounds)),
  ];
  await Promise.all(paths.map((path) => connected.delete(path, bounds)));
  return rows;
}

async function timed(what: string, call: (i: number) => Promise<unknown>): Promise<object> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: nodes }, (_, i) => call(i)));
  const { user, system } = process.cpuUsage(cpu);
  return {
    what,
    seconds: round((performance.now() - startedMs) / 1_000),
    "client CPU us/call": round((user + system) / nodes),
  };
}

async function idle(connected: Client): Promise<object> {
  await using watch = connected.watch("/");
  await watch.ready;
  // What the rounds before have left to collect is collected.
  await sleep(5_000);
  const cpu = process.cpuUsage();
  await sleep(idleSeconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  return {
    what: "idle, with a session and a watch",
    seconds: idleSeconds,
    "% of a core": round((user + system) / 1e6 / idleSeconds / 0.01),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
