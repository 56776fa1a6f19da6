import type { Socket } from "node:net";
import { type ConnectionInjector, ServerCredentials } from "@grpc/grpc-js";
import type { RpcServer } from "./adapter/rpc-server.ts";
import { Listener, type ListenerOptions } from "./listener.ts";

export interface FrontOptions extends Omit<ListenerOptions, "accept"> {
  /** Told of each connection before its first call. */
  readonly accepted?: (socket: Socket) => void;
}

/** A port and the grpc-js server that answers on it. */
export class Front {
  readonly #server: RpcServer;
  readonly #listener: Listener;
  readonly #injector: ConnectionInjector;

  /** @throws ListenError */
  static async open(server: RpcServer, options: FrontOptions): Promise<Front> {
    // The listener has done TLS: for grpc-js every connection is a plain one.
    const injector = server.grpc.createConnectionInjector(ServerCredentials.createInsecure());
    server.plainCalls.goBefore(server.grpc);
    const accept = (socket: Socket) => {
      options.accepted?.(socket);
      injector.injectConnection(socket);
    };
    return new Front(server, await Listener.listen({ ...options, accept }), injector);
  }

  private constructor(server: RpcServer, listener: Listener, injector: ConnectionInjector) {
    this.#server = server;
    this.#listener = listener;
    this.#injector = injector;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Connections that are open, and those that were turned away since the start. */
  get connections(): { readonly open: number; readonly rejected: number } {
    return { open: this.#listener.connectionCount, rejected: this.#listener.rejectedCount };
  }

  /** Accepts nothing more; once the calls have finished, or `graceMs` later, it closes every connection. */
  async stop(graceMs: number, callsFinished: Promise<void>): Promise<void> {
    const disconnected = this.#listener.close();
    const finished = callsFinished.then(() => this.#injector.drain(graceMs)).then(() => disconnected);
    await atMost(graceMs, finished);
    this.#listener.destroyConnections();
    await disconnected;
    this.#injector.destroy();
    this.#server.grpc.forceShutdown();
  }
}

async function atMost(ms: number, finished: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([finished, timeout]);
  clearTimeout(timer);
}
