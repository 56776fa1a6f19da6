import type { CallStatus } from "../status.ts";
import type { IncomingCall } from "./environment.ts";

/** A call with a stream of messages in at least one direction, as its front has it. */
export interface StreamingCall extends IncomingCall {
  /** The messages of the client, until it half-closes; throws the signal's reason, and Refused for one that cannot be read. */
  messages(signal: AbortSignal): AsyncGenerator<Uint8Array, void>;
  /** Sends a message; calls `taken`, in a later turn, when the transport has taken it. */
  send(message: Uint8Array, taken: () => void): void;
  /** Ends the call behind what was sent; without a status, it went well. */
  finish(status?: CallStatus): void;
  /** Calls back, once, when the call is over although its handler has not ended it: `cancellation` says how. */
  whenOver(callback: () => void): void;
}
