import { Server, type ServerOptions } from "@grpc/grpc-js";
import { UnaryCalls } from "./unary-calls.ts";

/** A server of grpc-js, and what serves unary calls in its stead. */
export class RpcServer {
  readonly grpc: Server;
  readonly unaryCalls = new UnaryCalls();

  constructor({ interceptors = [], ...options }: ServerOptions) {
    this.grpc = new Server({ ...options, interceptors: [...interceptors, this.unaryCalls.interceptor] });
  }
}
