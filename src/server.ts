import { openSecurity } from "./auth/security.ts";
import { systemClock, systemRandom } from "./clock.ts";
import type { Settings } from "./config/settings.ts";
import type { DrainEvent } from "./engine/drain.ts";
import { Engine } from "./engine/engine.ts";
import { SeldomWarning } from "./grpc/seldom-warning.ts";
import { startGrpcServer } from "./grpc/server.ts";
import { openSqliteJournal } from "./journal/sqlite/sqlite-journal.ts";
import { type AuditLog, openAuditLog } from "./ops/audit-log.ts";
import { collectGarbage } from "./ops/garbage.ts";
import type { Logger } from "./ops/logger.ts";
import { version } from "./version.ts";

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
 * @throws AuditLogError, JournalUnusable, KeyFileError, ListenError with a message for the user
 */
export async function startServer(settings: Settings, log: Logger): Promise<RunningServer> {
  const startedMs = systemClock.monotonicMs();
  const { dataDir, acceptDataLoss } = settings;
  // Before the database: wrong keys are told at once, and nothing was touched.
  const warning = new SeldomWarning(systemClock, log);
  const security = await openSecurity(settings, {
    clock: systemClock,
    log,
    failed: (peer) => warning.warn({ peer }, "wrong credentials"),
  });
  const audit = auditLogOf(settings, log);
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
    audit,
    version: version(),
    onQuotaExceeded: (exceeded) => log.warn({ ...exceeded }, "a limit of a quota is exceeded"),
  });
  engine.drain.subscribe((event) => log.info({ sessions: engine.tree.sessionCount }, drainTexts[event]));
  collectGarbage();
  warnOfOpenDoors(settings, log);
  const { zxid, nodeCount: nodes, sessionCount } = engine.tree;
  const dur_ms = Math.round(systemClock.monotonicMs() - startedMs);
  log.info({ data_dir: dataDir, zxid, nodes, sessions: sessionCount, dur_ms }, "loaded");
  const grpc = await startGrpcServer({
    engine,
    log,
    host: settings.host,
    port: settings.port,
    healthPort: settings.healthPort || undefined,
    ...security,
    clock: systemClock,
    maxConnections: settings.maxConnections || Number.POSITIVE_INFINITY,
    maxConnectionsPerAddress: settings.maxConnectionsPerAddress || Number.POSITIVE_INFINITY,
  }).catch(async (error) => {
    security.stop();
    await engine.stop();
    throw error;
  });
  if (grpc.healthPort !== undefined) log.info({ port: grpc.healthPort }, "answering health checks in clear");
  audit?.write({ user: audit.serverUser, operation: "serverStart", result: "success" });
  const address = `${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${grpc.port}`;
  return {
    address,
    port: grpc.port,
    failed: failure.promise,
    async stop() {
      audit?.write({ user: audit.serverUser, operation: "serverStop", result: "invoked" });
      security.stop();
      await grpc.stop(stopGraceMs);
      await engine.stop();
      audit?.close();
    },
  };
}

const drainTexts: Readonly<Record<DrainEvent, string>> = {
  draining: "draining: new sessions are refused",
  drained: "drained: the last session has gone",
  ended: "the draining is over: new sessions are taken",
};

function auditLogOf({ auditLog }: Settings, log: Logger): AuditLog | undefined {
  if (auditLog === "") return undefined;
  const warning = new SeldomWarning(systemClock, log);
  const failed = (error: Error) => warning.warn({ reason: error.message }, "the audit log loses lines");
  return openAuditLog({ to: auditLog, clock: systemClock, failed });
}

/** What an operator should know before others find out. */
function warnOfOpenDoors(settings: Settings, log: Logger): void {
  const { host, tlsCertFile, tlsClientAuth, requireAuthentication } = settings;
  if (isLoopback(host)) return;
  if (tlsCertFile === "")
    log.warn({ host }, "there is no TLS: passwords, tokens and data can be overheard on their way");
  if (tlsClientAuth === "require" || requireAuthentication !== "none") return;
  log.warn({ host }, "calls are taken from anybody who reaches this address: see require_authentication");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
