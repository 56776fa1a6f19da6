import { createServer } from "node:net";
import { ServerCredentials } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import { systemClock } from "../../src/clock.ts";
import { CallObserver } from "../../src/grpc/adapter/call-observer.ts";
import { RpcServer } from "../../src/grpc/adapter/rpc-server.ts";
import { addService, type Handlers } from "../../src/grpc/adapter/service.ts";
import { Calls } from "../../src/grpc/calls.ts";
import { RpcClient } from "./rpc-client.ts";

type CoordinationHandlers = Handlers<typeof Coordination, undefined>;
type HealthHandlers = Handlers<typeof Health, undefined>;

/** Serves whatever handlers a test brings, on the names of real services, with nothing behind them. */
export async function startAdapter(
  handlers: Partial<CoordinationHandlers> & { readonly healthWatch?: HealthHandlers["watch"] },
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
  const server = new RpcServer({ "grpc.enable_channelz": 0 });
  addService(
    server,
    Coordination,
    all(Object.keys(Coordination.method), handlers) as CoordinationHandlers,
    environment,
  );
  addService(
    server,
    Health,
    all(Object.keys(Health.method), { watch: handlers.healthWatch }) as HealthHandlers,
    environment,
  );
  const injector = server.grpc.createConnectionInjector(ServerCredentials.createInsecure());
  server.plainCalls.goBefore(server.grpc);
  const listener = createServer((socket) => injector.injectConnection(socket));
  await new Promise<void>((resolve) => {
    listener.listen(0, "127.0.0.1", resolve);
  });
  const address = `127.0.0.1:${(listener.address() as { port: number }).port}`;
  const client = new RpcClient(address);
  onTestFinished(async () => {
    client.close();
    injector.destroy();
    await new Promise((resolve) => {
      listener.close(resolve);
    });
    server.grpc.forceShutdown();
  });
  return { address, client, calls, logged };
}
