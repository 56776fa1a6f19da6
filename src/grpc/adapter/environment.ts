import type { Metadata } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import type { Calls } from "../calls.ts";
import type { CallAuthContext } from "../connections.ts";
import type { Log } from "../log.ts";

/** What is known of a call of any kind before its message. */
export interface IncomingCall {
  readonly path: string;
  /** Undefined when the client is gone. */
  readonly connection: Connection | undefined;
  /** The value of a metadata key; several are joined by commas, as HTTP/2 in Node does it. */
  metadata(key: string): string | undefined;
}

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Who makes a call; at once where it can, since every call waits for it. May throw Refused. */
  readonly contextOf: (call: IncomingCall) => Context | Promise<Context>;
  /** What a call has to wait for before it is looked at; usually nothing. */
  readonly ready: () => Promise<void> | undefined;
  readonly calls: Calls;
  readonly log: Log;
}

/** A call of any kind as grpc-js shows it. */
interface GrpcCall {
  readonly metadata: Metadata;
  getPath(): string;
  getAuthContext(): unknown;
}

export function incoming(call: GrpcCall): IncomingCall {
  return {
    path: call.getPath(),
    connection: (call.getAuthContext() as CallAuthContext).connection,
    metadata: (key) => call.metadata.get(key)[0]?.toString(),
  };
}
