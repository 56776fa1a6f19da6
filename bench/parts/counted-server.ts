import { monitorEventLoopDelay } from "node:perf_hooks";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import type { Transaction } from "../../src/core/change.ts";
import type { Moment } from "../../src/core/clock-jumps.ts";
import { Engine } from "../../src/engine/engine.ts";
import { MemoryBudget } from "../../src/engine/memory-budget.ts";
import { startGrpcServer } from "../../src/frontends/grpc/server.ts";
import type { Care, HistoryPage, Journal, Loaded, StateSink } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { collectGarbage } from "../../src/ops/garbage.ts";
import { createLogger } from "../../src/ops/logger.ts";
import { observing, unasked } from "../observer.ts";

/** What a counted server tells of itself, since the last time it was asked. */
export interface Counts {
  readonly commits: number;
  readonly transactions: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** The longest the event loop was held up, in milliseconds, about 1 ms of timer resolution included. */
  readonly loopStallMaxMs: number;
}

/** What is alive after a collection, on the heap and beside it. Asking throws compiled code away: not between figures. */
export interface Memory {
  readonly heapBytes: number;
}

export interface Started {
  readonly port: number;
  /** From the start of the process until it listens, in seconds. */
  readonly startSeconds: number;
  readonly nodes: number;
}

class CountingJournal implements Journal {
  commits = 0;
  transactions = 0;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  load(sink: StateSink): Promise<Loaded> {
    return this.#journal.load(sink);
  }

  commit(batch: readonly Transaction[]): Promise<void> {
    this.commits++;
    this.transactions += batch.length;
    return this.#journal.commit(batch);
  }

  history(after: number, through: number): Promise<HistoryPage> {
    return this.#journal.history(after, through);
  }

  care(now: Moment): Promise<Care> {
    return this.#journal.care(now);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}

/** The server as `corral serve` composes it, with a counter between engine and journal; run as a child. */
async function main(dataDir: string): Promise<void> {
  const log = createLogger({ level: "warn" });
  const journal = new CountingJournal(await openSqliteJournal({ dataDir, log }));
  const engine = await Engine.start({
    journal,
    clock: systemClock,
    random: systemRandom,
    settings: {
      tickMs: 2_000,
      minSessionTimeoutMs: 4_000,
      maxSessionTimeoutMs: 40_000,
      watchBookmarkIntervalMs: 5_000,
      maxTransactionOperations: 1_000,
      enforceQuota: true,
      maxSessionsPerAddress: 0,
      maxSessionsPerIdentity: 0,
      maxWatchesPerAddress: 0,
      maxWatchesPerIdentity: 0,
      diskLowBytes: 0,
    },
    onFailure: (error) => {
      throw error;
    },
  });
  collectGarbage();
  const memory = new MemoryBudget({ clock: systemClock });
  memory.add("watch", engine.watches.streams);
  memory.add("scan", engine.scans.holders);
  const grpc = await startGrpcServer({
    engine,
    memory,
    log,
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    observer: observing(),
    status: unasked,
    authenticator: new Authenticator({ clock: systemClock, demand: "none" }),
    maxConnections: 20_000,
    maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let cpu = process.cpuUsage();
  process.on("message", async (message) => {
    if (message === "stop") {
      memory.stop();
      await grpc.stop(1_000);
      await engine.stop();
      process.disconnect();
      return;
    }
    if (message === "memory") {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      const memory: Memory = { heapBytes: heapUsed + external };
      process.send!(memory);
      return;
    }
    const used = process.cpuUsage(cpu);
    const counts: Counts = {
      commits: journal.commits,
      transactions: journal.transactions,
      cpuSeconds: (used.user + used.system) / 1e6,
      rssBytes: process.memoryUsage.rss(),
      loopStallMaxMs: delay.max / 1e6,
    };
    journal.commits = 0;
    journal.transactions = 0;
    cpu = process.cpuUsage();
    delay.reset();
    process.send!(counts);
  });
  const started: Started = {
    port: grpc.port,
    startSeconds: process.uptime(),
    nodes: engine.tree.nodeCount,
  };
  process.send!(started);
}

await main(process.argv[2]!);
