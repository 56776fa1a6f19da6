import { onTestFinished } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import { type Clock, systemClock } from "../../src/clock.ts";
import { MemoryBudget } from "../../src/engine/memory-budget.ts";
import { Front } from "../../src/frontends/grpc/front.ts";
import { CallObserver } from "../../src/grpc/adapter/call-observer.ts";
import type { MethodTable } from "../../src/grpc/adapter/method-table.ts";
import { addService, type Handlers } from "../../src/grpc/adapter/service.ts";
import { Calls } from "../../src/grpc/calls.ts";
import { Connections } from "../../src/grpc/connections.ts";
import { RpcClient } from "./rpc-client.ts";

type CoordinationHandlers = Handlers<typeof Coordination, undefined>;
type HealthHandlers = Handlers<typeof Health, undefined>;

/** Serves whatever handlers a test brings, on the names of real services, with nothing behind them. */
export async function startAdapter(
  handlers: Partial<CoordinationHandlers> & { readonly healthWatch?: HealthHandlers["watch"] },
  networkClock: Clock = systemClock,
): Promise<{ address: string; client: RpcClient; calls: Calls; logged: Record<string, unknown>[] }> {
  const calls = new Calls();
  const logged: Record<string, unknown>[] = [];
  const note = (fields: Readonly<Record<string, unknown>>) => logged.push(fields);
  const log = { error: note, warn: note };
  const environment = {
    contextOf: () => undefined,
    ready: () => undefined,
    calls,
    log,
    observer: new CallObserver({ clock: systemClock, log, slowRequestMs: 0, tracing: undefined }),
  };
  const missing = () => {
    throw new Error("the test brought no handler");
  };
  const all = (names: readonly string[], given: object): unknown =>
    Object.fromEntries(names.map((name) => [name, given[name as keyof typeof given] ?? missing]));
  const methods: MethodTable = new Map();
  addService(
    methods,
    Coordination,
    all(Object.keys(Coordination.method), handlers) as CoordinationHandlers,
    environment,
  );
  addService(
    methods,
    Health,
    all(Object.keys(Health.method), { watch: handlers.healthWatch }) as HealthHandlers,
    environment,
  );
  const limits = { maxConnections: 100, maxConnectionsPerAddress: 100 };
  const connections = new Connections(systemClock);
  const memory = new MemoryBudget({ clock: systemClock });
  const front = await Front.open({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    log,
    methods,
    memory,
    connections,
    networkClock,
    ...limits,
  });
  const address = `127.0.0.1:${front.port}`;
  const client = new RpcClient(address);
  onTestFinished(async () => {
    client.close();
    memory.stop();
    await front.stop(0, Promise.resolve());
  });
  return { address, client, calls, logged };
}
