import type { Socket } from "node:net";
import type { Connection } from "../../auth/connection.ts";
import type { Clock } from "../../clock.ts";
import { type MemoryBudget, type MemoryHolder, memoryUsedUpText } from "../../engine/memory-budget.ts";
import type { MethodTable } from "../../grpc/adapter/method-table.ts";
import { heldMessageBytesPerConnectionMax, messageTimeoutMs } from "../../limits.ts";
import type { RequestHead } from "../http2/fields.ts";
import type { Http2Limits } from "../http2/limits.ts";
import type { QueuedBodies } from "../http2/queued-bodies.ts";
import { Http2Socket } from "../http2/socket.ts";
import type { ServerStream, StreamReceiver } from "../http2/stream.ts";
import { BidiStreamCall } from "./bidi-stream-call.ts";
import type { CallConnection, GrpcCall } from "./call.ts";
import { HeldMessages } from "./held-messages.ts";
import { type GrpcRequest, readRequest, type Unserved } from "./request.ts";
import { ServerStreamCall } from "./server-stream-call.ts";
import type { Turns } from "./turns.ts";
import { UnaryCall } from "./unary-call.ts";

export interface GrpcConnectionOptions {
  readonly clock: Clock;
  readonly methods: MethodTable;
  readonly limits: Http2Limits;
  /** Who is at the other end. */
  readonly connection: Connection;
  /** What the calls of all connections hold. */
  readonly held: HeldMessages;
  readonly memory: MemoryBudget;
  readonly turns: Turns;
  /** What waits to be sent to the clients of all connections. */
  readonly bodies: QueuedBodies;
}

/** The calls of one connection. */
export class GrpcConnection implements MemoryHolder {
  readonly #methods: MethodTable;
  readonly #shared: CallConnection;
  readonly #http2: Http2Socket;
  /** Heads that were read: clients repeat theirs. */
  readonly #requests = new WeakMap<RequestHead, GrpcRequest | Unserved>();
  /** Calls that have begun in this turn of the event loop: most are over before they need a timer. */
  #begun: GrpcCall[] = [];
  /** Those whose message did not come in one go, with the moment when they began. */
  readonly #incomplete = new Map<GrpcCall, number>();
  readonly #nowMs: () => number;

  constructor(socket: Socket, options: GrpcConnectionOptions) {
    const { clock, methods, limits, connection, memory, bodies, turns } = options;
    this.#methods = methods;
    this.#nowMs = () => clock.monotonicMs();
    const { remoteAddress = "unknown", remotePort } = socket;
    const peer = remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
    const held = new HeldMessages(heldMessageBytesPerConnectionMax, options.held);
    this.#shared = { connection, peer, held, memory, turns };
    this.#http2 = new Http2Socket(socket, {
      limits,
      bodies,
      nowMs: this.#nowMs,
      request: (stream, head) => this.#open(stream, head),
      received: () => this.#received(),
    });
  }

  get peer(): string {
    return this.#shared.peer;
  }

  /** Answers that its client does not read, and messages that it does not complete or that wait for their handlers. */
  get heldBytes(): number {
    return this.#http2.heldBytes + this.#shared.held.bytes;
  }

  get waitingBytes(): number {
    return this.heldBytes;
  }

  get movedBytes(): number {
    return this.#http2.takenBytes + this.#shared.held.releasedBytes;
  }

  shed(bytesMax: number): void {
    this.#http2.fail("enhanceYourCalm", `${memoryUsedUpText(bytesMax)}; read answers as they come`);
  }

  /** What time alone brings; to be called about every second. */
  check(): void {
    const nowMs = this.#nowMs();
    for (const [call, sinceMs] of this.#incomplete) {
      if (call.isIncomplete && nowMs - sinceMs < messageTimeoutMs) continue;
      this.#incomplete.delete(call);
      if (call.isIncomplete) call.giveUpWaiting();
    }
    this.#http2.check();
  }

  /** Ends the connection when its calls are done. */
  goAway(): void {
    this.#http2.goAway();
  }

  #open(stream: ServerStream, head: RequestHead): StreamReceiver {
    let asked = this.#requests.get(head);
    if (asked === undefined) {
      asked = readRequest(head, this.#methods);
      this.#requests.set(head, asked);
    }
    if (!("timeoutMs" in asked)) return refuse(stream, asked);
    const call = this.#callOf(stream, asked);
    this.#begun.push(call);
    return call;
  }

  #callOf(stream: ServerStream, asked: GrpcRequest): GrpcCall {
    const { method } = asked;
    if (method.kind === "unary") return new UnaryCall(stream, asked, this.#shared, method.serve);
    if (method.kind === "server_streaming")
      return new ServerStreamCall(stream, asked, this.#shared, method.serve);
    const call = new BidiStreamCall(stream, asked, this.#shared, method.serve);
    // When the stream has its receiver: the handler may end it at once.
    queueMicrotask(() => call.begin());
    return call;
  }

  #received(): void {
    if (this.#begun.length === 0) return;
    const begun = this.#begun;
    this.#begun = [];
    for (const call of begun) {
      call.startDeadline();
      if (call.isIncomplete) this.#incomplete.set(call, this.#nowMs());
    }
  }
}

/** Answers what cannot be served. What follows of it is read and forgotten. */
function refuse(stream: ServerStream, { block, method, status }: Unserved): StreamReceiver {
  if (method !== undefined && status !== undefined) method.observed.refused(status.code);
  queueMicrotask(() => stream.end(block));
  return { data: (part) => stream.consumed(part.length), end() {}, aborted() {} };
}
