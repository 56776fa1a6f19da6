import { Health } from "../../../gen/ts/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../../gen/ts/grpc/reflection/v1/reflection_pb.js";
import type { Authenticator } from "../../auth/authenticator.ts";
import type { Engine } from "../../engine/engine.ts";
import type { MemoryBudget } from "../../engine/memory-budget.ts";
import { shuttingDown } from "../../engine/shutting-down.ts";
import type { CallObserver } from "../../grpc/adapter/call-observer.ts";
import type { MethodTable } from "../../grpc/adapter/method-table.ts";
import { addService } from "../../grpc/adapter/service.ts";
import { addAdmin } from "../../grpc/admin.ts";
import { Calls } from "../../grpc/calls.ts";
import { Connections } from "../../grpc/connections.ts";
import { addCoordination } from "../../grpc/coordination.ts";
import { HealthState } from "../../grpc/health.ts";
import { Lifetimes } from "../../grpc/lifetimes.ts";
import type { ListenerOptions } from "../../grpc/listener.ts";
import type { LeveledLog } from "../../grpc/log.ts";
import { Reflection, reflectionAlpha } from "../../grpc/reflection.ts";
import type { ServiceOptions } from "../../grpc/service-options.ts";
import { healthConnectionsMax, opsIdleMaxMs } from "../../limits.ts";
import type { ServerStatus } from "../../ops/status.ts";
import { Front } from "./front.ts";

export interface GrpcServerOptions extends Omit<ListenerOptions, "accept"> {
  readonly engine: Engine;
  readonly authenticator: Authenticator;
  readonly log: LeveledLog;
  /** What clients may hold of the server's memory. */
  readonly memory: MemoryBudget;
  /** Told of every call. */
  readonly observer: CallObserver;
  /** What Admin.GetStatus answers. */
  readonly status: () => Promise<ServerStatus>;
  /** How long a connection may be open, in milliseconds; 0, the default: for ever. */
  readonly maxConnectionAgeMs?: number;
  /** Where health checks are answered in clear, besides the main port; 0 takes any free one. Default: nowhere. */
  readonly healthPort?: number | undefined;
}

export interface GrpcServer {
  /** The port that it listens on. */
  readonly port: number;
  /** That of health checks alone, if there is one. */
  readonly healthPort: number | undefined;
  /** Of the main port: the connections that are open, and those that were turned away since the start. */
  readonly connections: { readonly open: number; readonly rejected: number };
  /** What the health service tells, unless the engine drains; true at the start. */
  setServing(serving: boolean): void;
  /**
   * Ends the judging of sessions, refuses new calls, ends the streams, lets running calls finish for `graceMs` at most, and closes every
   * connection. The engine must go on until it resolves.
   */
  stop(graceMs: number): Promise<void>;
}

/** Serves the engine over gRPC, with health and reflection. @throws ListenError */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { engine, authenticator, observer, log, memory, status } = options;
  const methods: MethodTable = new Map();
  const calls = new Calls();
  const sideCalls = new Calls();
  const health = new HealthState();
  engine.drain.subscribe(() => health.setDraining(engine.draining));
  addCoordination(methods, { engine, authenticator, calls, log, observer, memory });
  const connections = new Connections(options.clock);
  const connectionCount = () => connections.count;
  addAdmin(methods, { engine, authenticator, calls, log, observer, connections: connectionCount, status });
  addSideServices(methods, { health, calls: sideCalls, log, observer });
  const main = await Front.open({ ...options, methods, connections });
  const probes = await openHealthFront(options, health, sideCalls).catch(async (error) => {
    await main.stop(0, Promise.resolve());
    throw error;
  });
  const { clock, tls, maxConnectionAgeMs = 0 } = options;
  const lifetimes = new Lifetimes({ connections, authenticator, tls, clock, maxConnectionAgeMs });
  let stopped: Promise<void> | undefined;

  async function stop(graceMs: number): Promise<void> {
    engine.stopJudging();
    health.setServing(false);
    lifetimes.stop();
    // Whoever calls while the last calls run is told why; after them, connections are asked to go.
    const finished = calls.close(shuttingDown).then(() => sideCalls.close(shuttingDown));
    await Promise.all([main.stop(graceMs, finished), probes?.stop(graceMs, finished)]);
  }

  return {
    port: main.port,
    healthPort: probes?.port,
    get connections() {
      return main.connections;
    },
    setServing: (serving) => health.setServing(serving),
    stop: (graceMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

/** A port that tells of health and of nothing else: probes have no certificates and no passwords. */
async function openHealthFront(
  options: GrpcServerOptions,
  health: HealthState,
  calls: Calls,
): Promise<Front | undefined> {
  const { healthPort, host, clock, log, memory, observer } = options;
  if (healthPort === undefined) return undefined;
  const methods: MethodTable = new Map();
  addService(methods, Health, health.handlers(), {
    contextOf: () => undefined,
    ready: () => undefined,
    calls,
    log,
    observer,
  });
  const limits = {
    maxConnections: healthConnectionsMax,
    maxConnectionsPerAddress: healthConnectionsMax,
    endsOldest: true,
    idleMaxMs: opsIdleMaxMs,
  };
  return Front.open({
    methods,
    connections: new Connections(clock),
    host,
    port: healthPort,
    clock,
    log,
    memory,
    ...limits,
  });
}

/** Health and reflection go on while the last calls run, so that probes see what is happening. */
function addSideServices(
  methods: MethodTable,
  {
    health,
    ...others
  }: Pick<ServiceOptions, "calls" | "log" | "observer"> & { readonly health: HealthState },
): void {
  const reflection = new Reflection().handlers();
  const environment = { contextOf: () => undefined, ready: () => undefined, ...others };
  addService(methods, Health, health.handlers(), environment);
  addService(methods, ServerReflection, reflection, environment);
  addService(methods, reflectionAlpha, reflection, environment);
}
