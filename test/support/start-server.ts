import type { ChannelCredentials } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { systemRandom } from "../../src/clock.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import type { AuditSink } from "../../src/engine/audit.ts";
import { Engine, type EngineOptions, type EngineSettings } from "../../src/engine/engine.ts";
import { MemoryBudget } from "../../src/engine/memory-budget.ts";
import { type GrpcServer, type GrpcServerOptions, startGrpcServer } from "../../src/frontends/grpc/server.ts";
import { CallObserver } from "../../src/grpc/adapter/call-observer.ts";
import { Tracing } from "../../src/grpc/adapter/tracing.ts";
import type { LeveledLog } from "../../src/grpc/log.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { serverStatusOf } from "../../src/ops/status.ts";
import { Vitals } from "../../src/ops/vitals.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryFigures, MemoryJournal } from "./memory-journal.ts";
import { RpcClient } from "./rpc-client.ts";

export interface TestServer {
  readonly address: string;
  readonly port: number;
  /** A client with a connection of its own, closed with the server. */
  readonly client: RpcClient;
  readonly engine: Engine;
  /** The engine's time, which only the test moves. */
  readonly clock: ManualClock;
  readonly grpc: GrpcServer;
  readonly observer: CallObserver;
  /** What a port for operations would tell. */
  readonly vitals: Vitals;
  /** The errors and warnings that the server logged; a test that expects none leaves it alone. */
  readonly logged: unknown[];
  stop(): Promise<void>;
}

/** A whole server on a free port of the loopback; it stops, and is checked, at the end of the test. */
export async function startServer(
  options: Partial<GrpcServerOptions> & {
    readonly journal?: Journal;
    readonly clock?: ManualClock;
    readonly credentials?: ChannelCredentials;
    readonly audit?: AuditSink;
    readonly settings?: Partial<EngineSettings>;
    readonly slowRequestMs?: number;
    readonly version?: string;
    readonly clientMemoryMaxBytes?: number;
    readonly onQuotaExceeded?: EngineOptions["onQuotaExceeded"];
  } = {},
): Promise<TestServer> {
  const clock = options.clock ?? new ManualClock();
  const engine = await Engine.start({
    journal: options.journal ?? new MemoryJournal(),
    clock,
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
      ...options.settings,
    },
    onFailure: () => {},
    audit: options.audit,
    version: options.version ?? "",
    onQuotaExceeded: options.onQuotaExceeded ?? (() => {}),
  });
  const logged: unknown[] = [];
  const note = (fields: object) => logged.push(fields);
  const log: LeveledLog = { level: "info", error: note, warn: note };
  const { slowRequestMs = 0 } = options;
  const observer = new CallObserver({ clock, log, slowRequestMs, tracing: Tracing.open() });
  const vitals = new Vitals({
    version: "0.0.0-test",
    clock,
    settings: {},
    logLevel: () => log.level,
    connectionsMax: Number.POSITIVE_INFINITY,
    calls: observer,
  });
  const memory = new MemoryBudget({
    ...(options.clientMemoryMaxBytes !== undefined && { bytesMax: options.clientMemoryMaxBytes }),
    clock,
    onShed: note,
  });
  memory.add("watch", engine.watches.streams);
  memory.add("scan", engine.scans.holders);
  const data = { engine, journal: new MemoryFigures(), memory };
  vitals.data = data;
  const grpc = await startGrpcServer({
    engine,
    host: "127.0.0.1",
    port: 0,
    authenticator: new Authenticator({ clock, demand: "none" }),
    maxConnections: 1_000,
    maxConnectionsPerAddress: 1_000,
    log,
    memory,
    observer,
    status: () => serverStatusOf(vitals, data),
    ...options,
    clock,
  });
  vitals.front = grpc;
  const address = `127.0.0.1:${grpc.port}`;
  const client = new RpcClient(address, {}, options.credentials);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      client.close();
      memory.stop();
      await grpc.stop(2_000);
      await engine.stop();
    })();
    return stopped;
  };
  onTestFinished(async () => {
    await stop();
    const broken = brokenInvariants(engine.tree);
    if (broken.length > 0) throw new Error(broken.join("; "));
    if (clock.pendingTimers > 0) throw new Error(`${clock.pendingTimers} timers of the engine are left`);
  });
  return { address, port: grpc.port, client, engine, clock, grpc, observer, vitals, logged, stop };
}
