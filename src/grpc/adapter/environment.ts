import type { Connection } from "../../auth/connection.ts";
import type { Calls } from "../calls.ts";
import type { Code } from "../codes.ts";
import type { Log } from "../log.ts";
import type { CallObserver, MethodObserver } from "./call-observer.ts";

/** What is known of a call of any kind, however it came. */
export interface IncomingCall {
  /** The method, as `/corral.v1.Coordination/Get`. */
  readonly path: string;
  readonly connection: Connection;
  /** The address and the port of the client. */
  readonly peer: string;
  /** Its message, if it has a single one. */
  readonly request: Uint8Array | undefined;
  /** How it ended before its handler could end it, or tell how: by its deadline, or by its client. */
  readonly cancellation: Code | undefined;
  /** The value of a key of its metadata; several are joined by commas. */
  metadata(key: string): string | undefined;
  metadataKeys(): string[];
}

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Who makes a call; at once where it can, since every call waits for it. May throw Refused. */
  readonly contextOf: (call: IncomingCall) => Context | Promise<Context>;
  /**
   * Until when the caller of a stream is who it was when it began, in wall-clock milliseconds. Default: for ever, as of
   * streams that ask nobody who he is.
   */
  readonly holding?: (authorization: string) => Promise<{ readonly expiresMs: number }>;
  /**
   * What a handler has to wait for before it reads what it shows to its client; usually nothing. The adapter waits
   * before each unary call; the handlers of streams wait by themselves, before each time that they read.
   */
  readonly ready: () => Promise<void> | undefined;
  readonly calls: Calls;
  readonly log: Log;
  readonly observer: CallObserver;
}

/** The same for the calls of one method. */
export interface MethodEnvironment<Context> extends Environment<Context> {
  readonly observed: MethodObserver;
}
