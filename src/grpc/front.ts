import type { Socket } from "node:net";
import { type ConnectionInjector, type Server, ServerCredentials } from "@grpc/grpc-js";
import { Listener, type ListenerOptions } from "./listener.ts";

export interface FrontOptions extends Omit<ListenerOptions, "accept"> {
  /** Told of each connection before its first call. */
  readonly accepted?: (socket: Socket) => void;
}

/** A port and the grpc-js server that answers on it. */
export class Front {
  readonly #server: Server;
  readonly #listener: Listener;
  readonly #injector: ConnectionInjector;

  /** @throws ListenError */
  static async open(server: Server, options: FrontOptions): Promise<Front> {
    // The listener has done TLS: for grpc-js every connection is a plain one.
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const accept = (socket: Socket) => {
      options.accepted?.(socket);
      injector.injectConnection(socket);
    };
    return new Front(server, await Listener.listen({ ...options, accept }), injector);
  }

  private constructor(server: Server, listener: Listener, injector: ConnectionInjector) {
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
    this.#server.forceShutdown();
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
