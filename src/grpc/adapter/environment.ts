import type { Metadata } from "@grpc/grpc-js";
import type { Calls } from "../calls.ts";
import type { Log } from "../log.ts";

/** What the calls of a service have in common. */
export interface Environment<Context> {
  /** Reads the metadata of a call, before its message; may throw Refused. */
  readonly contextOf: (metadata: Metadata) => Context;
  /** What a call has to wait for before it is looked at; usually nothing. */
  readonly ready: () => Promise<void> | undefined;
  readonly calls: Calls;
  readonly log: Log;
}
