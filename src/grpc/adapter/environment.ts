import type { ServerUnaryCall } from "@grpc/grpc-js";
import type { Calls } from "../calls.ts";
import type { Log } from "../log.ts";

/** What is known of a call of any kind before its message. */
export type IncomingCall = Pick<ServerUnaryCall<unknown, unknown>, "metadata" | "getAuthContext" | "getPath">;

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Who makes a call; at once where it can, since every call waits for it. May throw Refused. */
  readonly contextOf: (call: IncomingCall) => Context | Promise<Context>;
  /** What a call has to wait for before it is looked at; usually nothing. */
  readonly ready: () => Promise<void> | undefined;
  readonly calls: Calls;
  readonly log: Log;
}
