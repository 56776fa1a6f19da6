import { setTimeout as delay } from "node:timers/promises";
import { openSecurity } from "./auth/security.ts";
import { systemClock, systemRandom } from "./clock.ts";
import { namesOf, type SettingName, type Settings } from "./config/settings.ts";
import type { DrainEvent } from "./engine/drain.ts";
import { Engine, type EngineOptions } from "./engine/engine.ts";
import { MemoryBudget } from "./engine/memory-budget.ts";
import { type GrpcServer, startGrpcServer } from "./frontends/grpc/server.ts";
import { CallObserver } from "./grpc/adapter/call-observer.ts";
import { Tracing } from "./grpc/adapter/tracing.ts";
import { SeldomWarning } from "./grpc/seldom-warning.ts";
import { endByKill } from "./journal/sqlite/disk-failure.ts";
import { openSqliteJournal } from "./journal/sqlite/sqlite-journal.ts";
import { type AuditLog, openAuditLog } from "./ops/audit-log.ts";
import { boundsOf } from "./ops/bounds.ts";
import { collectGarbage } from "./ops/garbage.ts";
import { Headroom } from "./ops/headroom.ts";
import type { Logger } from "./ops/logger.ts";
import { startOpsServer } from "./ops/ops-server.ts";
import { serverStatusOf } from "./ops/status.ts";
import { Vitals } from "./ops/vitals.ts";
import { version } from "./version.ts";

/** How long a stop waits for calls that are under way, in milliseconds. */
const stopGraceMs = 5_000;

/** The same for a server that has failed: its calls are answered, and the answers need only be sent. */
const failureGraceMs = 2_000;

/** A server that runs, as the composition root hands it out. */
export interface RunningServer {
  /** Where clients reach it, `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Ends calls and streams, folds the journal and lets go of everything. */
  stop(): Promise<void>;
  /**
   * Rejects when the server cannot go on: a commit whose outcome is unknown. By then clients have been told, as far as
   * they could be in a moment. Never resolves.
   */
  readonly failed: Promise<never>;
}

/**
 * The composition root: opens the port for operations, opens the journal, loads the engine, listens.
 * @throws AuditLogError, JournalUnusable, KeyFileError, ListenError with a message for the user
 */
export async function startServer(settings: Settings, log: Logger): Promise<RunningServer> {
  const { slowRequestMs, httpHost: host, httpPort: port, metricsCompat: compat } = settings;
  const observer = new CallObserver({ clock: systemClock, log, slowRequestMs, tracing: Tracing.open() });
  const vitals = vitalsOf(settings, log, observer);
  const ops = port === 0 ? undefined : await startOpsServer({ host, port, compat, vitals, log });
  if (ops !== undefined) log.info({ address: hostAndPort(host, ops.port) }, "answering operators over HTTP");
  try {
    const server = await serve(settings, { log, observer, vitals });
    return {
      ...server,
      async stop() {
        vitals.stopping = true;
        await server.stop();
        // Last, so that whoever asks is told what is going on.
        await ops?.close();
      },
    };
  } catch (error) {
    await ops?.close();
    throw error;
  }
}

async function serve(
  settings: Settings,
  {
    log,
    observer,
    vitals,
  }: { readonly log: Logger; readonly observer: CallObserver; readonly vitals: Vitals },
): Promise<RunningServer> {
  const warning = new SeldomWarning(systemClock, log);
  // Before the database: wrong keys are told at once, and nothing was touched.
  const security = await openSecurity(settings, {
    clock: systemClock,
    log,
    failed: (peer) => {
      vitals.authFailures++;
      warning.warn({ peer }, "wrong credentials");
    },
  });
  const audit = auditLogOf(settings, log);
  const failure = Promise.withResolvers<never>();
  // Whoever waits for it may come later than the failure.
  failure.promise.catch(() => {});
  let front: GrpcServer | undefined;
  const onFailure = (error: unknown) => {
    vitals.failed = true;
    void tellClients(front).finally(() => failure.reject(error));
  };
  const loaded = await load(settings, { log, audit, onFailure });
  const { engine } = loaded;
  const memory = memoryOf(settings, engine, log);
  const data = { ...loaded, memory };
  vitals.data = data;
  engine.drain.subscribe((event) => log.info({ sessions: engine.tree.sessionCount }, drainTexts[event]));
  warnOfOpenDoors(settings, log);
  const grpc = await startGrpcServer({
    engine,
    log,
    memory,
    observer,
    status: () => serverStatusOf(vitals, data),
    host: settings.host,
    port: settings.port,
    healthPort: settings.healthPort || undefined,
    ...security,
    clock: systemClock,
    maxConnectionAgeMs: settings.maxConnectionAgeMs,
    maxConnections: settings.maxConnections || Number.POSITIVE_INFINITY,
    maxConnectionsPerAddress: settings.maxConnectionsPerAddress || Number.POSITIVE_INFINITY,
  }).catch(async (error) => {
    security.stop();
    memory.stop();
    await engine.stop();
    throw error;
  });
  front = grpc;
  vitals.front = grpc;
  const headroom = new Headroom({ bounds: boundsOf(vitals, data), clock: systemClock, log });
  if (grpc.healthPort !== undefined) log.info({ port: grpc.healthPort }, "answering health checks in clear");
  audit?.write({ user: audit.serverUser, operation: "serverStart", result: "success" });
  return {
    address: hostAndPort(settings.host, grpc.port),
    port: grpc.port,
    failed: failure.promise,
    async stop() {
      audit?.write({ user: audit.serverUser, operation: "serverStop", result: "invoked" });
      security.stop();
      headroom.stop();
      memory.stop();
      await grpc.stop(stopGraceMs);
      await engine.stop();
      audit?.close();
      // It failed meanwhile: then this was no stop in order.
      if (vitals.failed) await failure.promise;
    },
  };
}

/** The budget of what is held for clients; the front adds what its connections hold. */
function memoryOf({ clientMemoryMaxBytes: bytesMax }: Settings, engine: Engine, log: Logger): MemoryBudget {
  const warning = new SeldomWarning(systemClock, log);
  const onShed = (facts: object) =>
    warning.warn(
      { ...facts },
      "the memory for clients is used up: a client that held most of it was cut off",
    );
  const memory = new MemoryBudget({ bytesMax, clock: systemClock, onShed });
  memory.add("watch", engine.watches.streams);
  memory.add("scan", engine.scans.holders);
  return memory;
}

/** Has the answers that there are sent, and ends everything else: a client that hears nothing knows nothing. */
async function tellClients(front: GrpcServer | undefined): Promise<void> {
  // Answers are put into their streams in this turn, and would come too late after the streams' end.
  await new Promise((resolve) => setImmediate(resolve));
  const gone = front?.stop(failureGraceMs);
  // An orderly stop under way may be more patient.
  await Promise.race([gone, delay(failureGraceMs, undefined, { ref: false })]);
}

const drainTexts: Readonly<Record<DrainEvent, string>> = {
  draining: "draining: new sessions are refused",
  drained: "drained: the last session has gone",
  ended: "the draining is over: new sessions are taken",
};

/** @throws JournalUnusable */
async function load(
  settings: Settings,
  { log, ...options }: { readonly log: Logger } & Pick<EngineOptions, "audit" | "onFailure">,
): Promise<Omit<NonNullable<Vitals["data"]>, "memory">> {
  const startedMs = systemClock.monotonicMs();
  const { dataDir, acceptDataLoss } = settings;
  const retention = {
    transactionsMax: settings.historyMaxTransactions,
    bytesMax: settings.historyMaxBytes,
    ageMaxMs: settings.historyMaxAgeMs,
  };
  const slowSyncMs = settings.slowFsyncMs || Number.POSITIVE_INFINITY;
  const disk = { log, slowSyncMs, onDiskFailure: endByKill };
  const journal = await openSqliteJournal({ dataDir, acceptDataLoss, retention, ...disk });
  const engine = await Engine.start({
    ...options,
    journal,
    clock: systemClock,
    random: systemRandom,
    settings,
    version: version(),
    onAlarm: {
      raised: ({ name, message }) => log.warn({ alarm: name }, message),
      cleared: ({ name }) => log.info({ alarm: name }, "the alarm is over"),
    },
    onClockJump: (ms) => log.warn({ ms }, "the wall clock was set: nothing is older or younger for it"),
    onQuotaExceeded: (exceeded) => log.warn({ ...exceeded }, "a limit of a quota is exceeded"),
  });
  collectGarbage();
  const { zxid, nodeCount: nodes, sessionCount } = engine.tree;
  const dur_ms = Math.round(systemClock.monotonicMs() - startedMs);
  log.info({ data_dir: dataDir, zxid, nodes, sessions: sessionCount, dur_ms }, "loaded");
  return { engine, journal };
}

/** What operators are shown of the settings: nothing secret, and no paths. */
const shownSettings: readonly SettingName[] = [
  "port",
  "tickMs",
  "minSessionTimeoutMs",
  "maxSessionTimeoutMs",
  "watchBookmarkIntervalMs",
  "historyMaxTransactions",
  "historyMaxBytes",
  "historyMaxAgeMs",
  "maxTransactionOperations",
  "maxConnections",
  "maxConnectionsPerAddress",
  "maxSessionsPerAddress",
  "maxSessionsPerIdentity",
  "maxWatchesPerAddress",
  "maxWatchesPerIdentity",
  "clientMemoryMaxBytes",
  "enforceQuota",
  "bindSessionsToIdentity",
  "requireAuthentication",
  "tlsClientAuth",
  "diskLowBytes",
  "slowFsyncMs",
  "slowRequestMs",
];

function vitalsOf(settings: Settings, log: Logger, calls: CallObserver): Vitals {
  return new Vitals({
    version: version(),
    clock: systemClock,
    settings: Object.fromEntries(shownSettings.map((name) => [namesOf(name).key, settings[name]])),
    logLevel: () => log.level,
    connectionsMax: settings.maxConnections || Number.POSITIVE_INFINITY,
    calls,
  });
}

function hostAndPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

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
