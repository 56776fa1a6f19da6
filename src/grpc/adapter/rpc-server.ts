import { Server, type ServerOptions } from "@grpc/grpc-js";
import { type ConnectionOf, PlainCalls } from "./plain-calls.ts";

/** A server of grpc-js, and what serves plain calls in its stead. */
export class RpcServer {
  readonly grpc: Server;
  readonly plainCalls: PlainCalls;

  constructor(options: ServerOptions, connectionOf: ConnectionOf = () => undefined) {
    this.grpc = new Server(options);
    this.plainCalls = new PlainCalls(connectionOf);
  }
}
