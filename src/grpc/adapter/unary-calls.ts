import {
  status as codes,
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import type { CallStatus } from "../status.ts";
import type { IncomingCall } from "./environment.ts";
import { asBuffer } from "./message.ts";

type Listener = Parameters<ServerInterceptingCall["start"]>[0];
type GrpcCall = Parameters<ServerInterceptor>[1];

/** Answers a unary call whose message has come. */
export type ServeUnary = (call: UnaryCall, message: Uint8Array) => Promise<void>;

/**
 * Serves unary calls from an interceptor. grpc-js would make a stream of each for its handler, and would answer in
 * two steps, with a turn of the event loop between the message and the status: a quarter of what a call costs.
 */
export class UnaryCalls {
  readonly #methods = new Map<string, ServeUnary>();

  add(path: string, serve: ServeUnary): void {
    this.#methods.set(path, serve);
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const serve = this.#methods.get(path);
    if (serve !== undefined) {
      const start = call.start;
      call.start = () => start.call(call, new UnaryCall(call, path, serve));
    }
    return call as ServerInterceptingCall;
  };
}

/** A unary call, told of its parts by grpc-js as they come. */
export class UnaryCall implements IncomingCall, Listener {
  metadata!: Metadata;
  readonly #call: GrpcCall;
  readonly #path: string;
  readonly #serve: ServeUnary;
  #message: Uint8Array | undefined;

  constructor(call: GrpcCall, path: string, serve: ServeUnary) {
    this.#call = call;
    this.#path = path;
    this.#serve = serve;
  }

  getPath(): string {
    return this.#path;
  }

  getAuthContext(): ReturnType<IncomingCall["getAuthContext"]> {
    return this.#call.getAuthContext();
  }

  answer(message: Uint8Array): void {
    this.#call.sendMessage(asBuffer(message), ignore);
    this.#call.sendStatus(ok);
  }

  fail(status: CallStatus): void {
    this.#call.sendStatus(status);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.metadata = metadata;
    this.#call.startRead();
  }

  onReceiveMessage(message: Uint8Array): void {
    if (this.#message !== undefined) {
      this.#call.sendStatus(notOneMessage);
      return;
    }
    this.#message = message;
    this.#call.startRead();
  }

  onReceiveHalfClose(): void {
    if (this.#message === undefined) this.#call.sendStatus(notOneMessage);
    else void this.#serve(this, this.#message);
  }

  /** What is done is done: a read is over at once, and a write cannot be called back. */
  onCancel(): void {}
}

function ignore(): void {}

const ok = { code: codes.OK, details: "OK", metadata: null };

const notOneMessage = {
  code: codes.UNIMPLEMENTED,
  details: "a unary call has one message",
  metadata: null,
};
