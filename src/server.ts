import { systemClock, systemRandom } from "./clock.ts";
import type { Settings } from "./config/settings.ts";
import { Engine } from "./engine/engine.ts";
import { startGrpcServer } from "./grpc/server.ts";
import { openSqliteJournal } from "./journal/sqlite/sqlite-journal.ts";
import { collectGarbage } from "./ops/garbage.ts";
import type { Logger } from "./ops/logger.ts";

/** How long a stop waits for calls that are under way, in milliseconds. */
const stopGraceMs = 5_000;

/** A server that runs, as the composition root hands it out. */
export interface RunningServer {
  /** Where clients reach it, `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Ends calls and streams, folds the journal and lets go of everything. */
  stop(): Promise<void>;
  /** Rejects when the server cannot go on: a commit whose outcome is unknown. Never resolves. */
  readonly failed: Promise<never>;
}

/**
 * The composition root: opens the journal, loads the engine, listens.
 * @throws JournalUnusable, ListenError with a message for the user
 */
export async function startServer(settings: Settings, log: Logger): Promise<RunningServer> {
  const startedMs = systemClock.monotonicMs();
  const { dataDir, acceptDataLoss } = settings;
  const retention = {
    transactionsMax: settings.historyMaxTransactions,
    bytesMax: settings.historyMaxBytes,
    ageMaxMs: settings.historyMaxAgeMs,
  };
  const journal = await openSqliteJournal({ dataDir, acceptDataLoss, retention, log });
  const failure = Promise.withResolvers<never>();
  // Whoever waits for it may come later than the failure.
  failure.promise.catch(() => {});
  const engine = await Engine.start({
    journal,
    clock: systemClock,
    random: systemRandom,
    settings,
    onFailure: failure.reject,
    onQuotaExceeded: (exceeded) => log.warn({ ...exceeded }, "a limit of a quota is exceeded"),
  });
  collectGarbage();
  if (!isLoopback(settings.host)) {
    log.warn(
      { host: settings.host },
      "there is no authentication: whoever reaches this address may do anything",
    );
  }
  const { zxid, nodeCount: nodes, sessionCount } = engine.tree;
  const dur_ms = Math.round(systemClock.monotonicMs() - startedMs);
  log.info({ data_dir: dataDir, zxid, nodes, sessions: sessionCount, dur_ms }, "loaded");
  const grpc = await startGrpcServer({
    engine,
    log,
    host: settings.host,
    port: settings.port,
    maxConnections: settings.maxConnections || Number.POSITIVE_INFINITY,
    maxConnectionsPerAddress: settings.maxConnectionsPerAddress || Number.POSITIVE_INFINITY,
  }).catch(async (error) => {
    await engine.stop();
    throw error;
  });
  const address = `${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${grpc.port}`;
  return {
    address,
    port: grpc.port,
    failed: failure.promise,
    async stop() {
      await grpc.stop(stopGraceMs);
      await engine.stop();
    },
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
