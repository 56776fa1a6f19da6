import { setTimeout as sleep } from "node:timers/promises";
import { type Row, row } from "../rounds.ts";
import { cpuSeconds, memory } from "../servers/process-stats.ts";
import type { Product } from "../servers/server.ts";
import { count, type Figures, type Scale, stallFigures } from "./workload.ts";

/** How often each session gives a sign of life: a quarter of its timeout. */
const intervalMs = 10_000;
const turnMs = 100;

/** Very many sessions that do nothing but live, on one server after the other. */
export async function sessionRows(products: readonly Product[], scale: Scale): Promise<Row[]> {
  const rows: Row[] = [];
  for (const product of products) {
    const server = await product.start();
    const { pid } = server;
    const before = memory(pid).rssBytes;
    const startMs = performance.now();
    server.stalls?.begin();
    const sessions = await server.sessions(scale.sessions);
    const seconds = (performance.now() - startMs) / 1_000;
    const stalled = stallFigures(await server.stalls?.end());
    const heartbeats = beating(sessions.beat, scale.sessions);
    const rounds: Figures[] = [];
    // The first stretch pays for what the opening has left behind.
    await sleep(scale.idleSeconds * 1_000);
    for (let round = 0; round < scale.rounds; round++) {
      const cpuBefore = cpuSeconds(pid);
      const beforeMs = performance.now();
      const answers = sessions.answers();
      await sleep(scale.idleSeconds * 1_000);
      const idleSeconds = (performance.now() - beforeMs) / 1_000;
      rounds.push({
        perSecond: scale.sessions / seconds,
        ...stalled,
        idlePercent: (100 * (cpuSeconds(pid) - cpuBefore)) / idleSeconds,
        memoryMb: (memory(pid).rssBytes - before) / 1e6,
        heartbeatsPerSecond: (sessions.answers() - answers) / idleSeconds,
      });
    }
    heartbeats.stop();
    sessions.close();
    await server.stop();
    rows.push(row(`${count(scale.sessions)} idle sessions`, product.name, rounds));
  }
  return rows;
}

/** Signs of life, evenly spread over the interval. */
function beating(beat: (from: number, to: number) => void, sessions: number): { stop(): void } {
  const turns = intervalMs / turnMs;
  let turn = 0;
  const timer = setInterval(() => {
    beat(Math.floor((sessions * turn) / turns), Math.floor((sessions * (turn + 1)) / turns));
    turn = (turn + 1) % turns;
  }, turnMs);
  return { stop: () => clearInterval(timer) };
}
