import type { ServerUnaryCall } from "@grpc/grpc-js";
import type { Calls } from "../calls.ts";
import type { Log } from "../log.ts";
import type { CallObserver, MethodObserver } from "./call-observer.ts";

/** What is known of a call of any kind; its message, if it has one, is there from the start. */
export type IncomingCall = Pick<
  ServerUnaryCall<Uint8Array, unknown>,
  "metadata" | "getAuthContext" | "getPath" | "getPeer" | "cancelled"
> & { readonly request?: Uint8Array };

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Who makes a call; at once where it can, since every call waits for it. May throw Refused. */
  readonly contextOf: (call: IncomingCall) => Context | Promise<Context>;
  /** What a call has to wait for before it is looked at; usually nothing. */
  readonly ready: () => Promise<void> | undefined;
  readonly calls: Calls;
  readonly log: Log;
  readonly observer: CallObserver;
}

/** The same for the calls of one method. */
export interface MethodEnvironment<Context> extends Environment<Context> {
  readonly observed: MethodObserver;
}
