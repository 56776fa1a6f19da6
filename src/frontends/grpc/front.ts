import type { Socket } from "node:net";
import { type Clock, systemClock } from "../../clock.ts";
import type { MemoryBudget } from "../../engine/memory-budget.ts";
import type { MethodTable } from "../../grpc/adapter/method-table.ts";
import type { Connections } from "../../grpc/connections.ts";
import { Listener, type ListenerOptions } from "../../grpc/listener.ts";
import { heldMessageBytesMax } from "../../limits.ts";
import { type Http2Limits, http2Limits } from "../http2/limits.ts";
import { QueuedBodies } from "../http2/queued-bodies.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { HeldMessages } from "./held-messages.ts";
import { Turns } from "./turns.ts";

export interface FrontOptions extends Omit<ListenerOptions, "accept"> {
  readonly methods: MethodTable;
  /** Where its connections are kept, once their handshakes are over. */
  readonly connections: Connections;
  /** The budget of what its connections hold for their clients. */
  readonly memory: MemoryBudget;
  /** How long a connection may be open without a call, in milliseconds. Default: for ever. */
  readonly idleMaxMs?: number;
  /** The time of the network, which goes on whatever that of the tree does in a test. */
  readonly networkClock?: Clock;
}

/** How often it is looked whether connections keep their times. */
const checkIntervalMs = 1_000;

/** A port on which gRPC is spoken. */
export class Front {
  readonly #methods: MethodTable;
  readonly #clock: Clock;
  readonly #memory: MemoryBudget;
  readonly #bodies = new QueuedBodies();
  readonly #held = new HeldMessages(heldMessageBytesMax);
  readonly #known: Connections;
  readonly #turns = new Turns();
  readonly #limits: Http2Limits;
  readonly #connections = new Set<GrpcConnection>();
  readonly #listener: Listener;
  readonly #stopChecks: () => void;

  /** @throws ListenError */
  static async open(options: FrontOptions): Promise<Front> {
    const accepted: { accept: (socket: Socket) => void } = { accept: (socket) => socket.destroy() };
    const listener = await Listener.listen({ ...options, accept: (socket) => accepted.accept(socket) });
    const front = new Front(listener, options);
    accepted.accept = (socket) => front.#accept(socket);
    return front;
  }

  private constructor(
    listener: Listener,
    { methods, connections, memory, idleMaxMs, networkClock = systemClock }: FrontOptions,
  ) {
    this.#listener = listener;
    this.#methods = methods;
    this.#known = connections;
    this.#memory = memory;
    memory.add("connection", this.#connections, () => this.#bodies.repeatedBytes);
    this.#limits = idleMaxMs === undefined ? http2Limits : { ...http2Limits, idleMaxMs };
    this.#clock = networkClock;
    this.#stopChecks = networkClock.setInterval(() => {
      for (const connection of this.#connections) connection.check();
    }, checkIntervalMs);
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
    const finished = callsFinished.then(() => {
      for (const connection of this.#connections) connection.goAway();
      return disconnected;
    });
    await atMost(graceMs, finished);
    this.#stopChecks();
    this.#listener.destroyConnections();
    await disconnected;
  }

  #accept(socket: Socket): void {
    const known = this.#known.add(socket, () => connection.goAway());
    const connection = new GrpcConnection(socket, {
      clock: this.#clock,
      methods: this.#methods,
      limits: this.#limits,
      connection: known.connection,
      held: this.#held,
      memory: this.#memory,
      bodies: this.#bodies,
      turns: this.#turns,
    });
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
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
