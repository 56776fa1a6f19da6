import type { status as codes, Metadata } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import { cancellationOf } from "../builtin-errors.ts";
import type { CallAuthContext } from "../connections.ts";
import type { IncomingCall } from "./environment.ts";

/** What calls of every kind are to grpc-js. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  readonly request?: Uint8Array;
  getPath(): string;
  getPeer(): string;
  getAuthContext(): unknown;
}

/** A call that comes by way of grpc-js. */
export class GrpcCall implements IncomingCall {
  readonly #call: AnyCall;

  constructor(call: AnyCall) {
    this.#call = call;
  }

  get path(): string {
    return this.#call.getPath();
  }

  get connection(): Connection | undefined {
    return this.#context().connection;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get request(): Uint8Array | undefined {
    return this.#call.request;
  }

  get cancellation(): codes | undefined {
    const { call } = this.#context();
    return this.#call.cancelled && call !== undefined ? cancellationOf(call) : undefined;
  }

  metadata(key: string): string | undefined {
    return this.#call.metadata.get(key)[0]?.toString();
  }

  metadataKeys(): string[] {
    return Object.keys(this.#call.metadata.getMap());
  }

  #context(): Partial<CallAuthContext> {
    return this.#call.getAuthContext() as Partial<CallAuthContext>;
  }
}
