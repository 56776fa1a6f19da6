import type { ServerUnaryCall } from "@grpc/grpc-js";
import type { Calls } from "../calls.ts";
import type { Log } from "../log.ts";

/** What is known of a call of any kind before its message. */
export type IncomingCall = Pick<ServerUnaryCall<unknown, unknown>, "metadata" | "getPeer">;

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Who makes a call; may throw Refused. */
  readonly contextOf: (call: IncomingCall) => Context;
  readonly calls: Calls;
  readonly log: Log;
}
