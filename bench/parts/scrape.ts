import { status as codes } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Connection } from "../../src/auth/connection.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { watchSpec } from "../../src/core/watch.ts";
import { Engine } from "../../src/engine/engine.ts";
import { MemoryBudget } from "../../src/engine/memory-budget.ts";
import type { IncomingCall } from "../../src/grpc/adapter/environment.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { scrape } from "../../src/ops/metrics.ts";
import { ProcessFigures } from "../../src/ops/process-figures.ts";
import { Vitals } from "../../src/ops/vitals.ts";
import { observing } from "../observer.ts";

const sessions = 10_000;
const streams = 1_000;
const watchesPerStream = 100;
const scrapes = 200;
const calls = 2_000_000;

/** What operators cost: a scrape of a server with many sessions and watches, and what each call pays to be counted. */
export async function scraping(dataDir: string): Promise<object[]> {
  const observer = observing();
  const method = observer.of(Coordination, Coordination.method.get);
  for (const other of Coordination.methods) observer.of(Coordination, other);
  const journal = await openSqliteJournal({ dataDir });
  const settings = {
    tickMs: 2_000,
    minSessionTimeoutMs: 4_000,
    maxSessionTimeoutMs: 600_000,
    watchBookmarkIntervalMs: 600_000,
    maxTransactionOperations: 1_000,
    enforceQuota: true,
    maxSessionsPerAddress: 0,
    maxSessionsPerIdentity: 0,
    maxWatchesPerAddress: 0,
    maxWatchesPerIdentity: 0,
    diskLowBytes: 0,
  };
  const onFailure = (error: unknown) => {
    throw error;
  };
  const engine = await Engine.start({
    journal,
    clock: systemClock,
    random: systemRandom,
    settings,
    onFailure,
  });
  await Promise.all(Array.from({ length: sessions }, () => engine.openSession(600_000)));
  const spec = watchSpec("exists", "all", { withData: false, withPreviousData: false, asText: false });
  for (let i = 0; i < streams; i++) {
    const holder = { peer: `a:${i}`, sessionId: undefined, identities: [] };
    const { stream } = engine.watch(holder, { send: (_, sent) => setImmediate(sent), cut: () => {} });
    for (let id = 0; id < watchesPerStream; id++) {
      engine.watches.add(stream, { id, path: `/${i}/${id}`, spec, afterZxid: undefined });
    }
  }
  const vitals = new Vitals({
    version: "0",
    clock: systemClock,
    settings: {},
    logLevel: () => "info",
    connectionsMax: 20_000,
    calls: observer,
  });
  const memory = new MemoryBudget({ clock: systemClock });
  vitals.data = { engine, journal, memory };
  vitals.front = { connections: { open: 0, rejected: 0 } };
  const process = new ProcessFigures(systemClock);
  const rows = [
    await cpuOf("a scrape", scrapes, async () => (await scrape(vitals, process, "none")).length),
    await cpuOf("counting a unary call", calls, () =>
      method.ended(call, codes.OK, method.began(), undefined),
    ),
  ];
  process.stop();
  memory.stop();
  await engine.stop();
  return rows;
}

const call: IncomingCall = {
  path: "",
  connection: new Connection(""),
  peer: "",
  request: undefined,
  cancellation: undefined,
  metadata: () => undefined,
  metadataKeys: () => [],
};

async function cpuOf(what: string, times: number, action: () => unknown): Promise<object> {
  // The second round runs on warm code.
  let cpuUs = 0;
  let result: unknown;
  for (let round = 0; round < 2; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) {
      const answer = action();
      result = answer instanceof Promise ? await answer : answer;
    }
    const { user, system } = process.cpuUsage(before);
    cpuUs = user + system;
  }
  return { what, "CPU us": Math.round((cpuUs / times) * 1_000) / 1_000, bytes: result ?? "-" };
}
