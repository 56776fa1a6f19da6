import { Server, type ServerOptions } from "@grpc/grpc-js";
import { PlainCalls, type SessionsOf } from "./plain-calls.ts";

/** A server of grpc-js, and what serves plain calls in its stead. */
export class RpcServer {
  readonly grpc: Server;
  readonly plainCalls: PlainCalls;

  constructor(options: ServerOptions, sessions: SessionsOf = { of: () => undefined, began: () => {} }) {
    this.grpc = new Server(options);
    this.plainCalls = new PlainCalls(sessions);
  }
}
