import { systemClock, systemRandom } from "./clock.ts";
import type { Settings } from "./config/settings.ts";
import { Engine } from "./engine/engine.ts";
import { startGrpcServer } from "./grpc/server.ts";
import { openSqliteJournal } from "./journal/sqlite/sqlite-journal.ts";
import type { Logger } from "./ops/logger.ts";

/** How long a stop waits for calls that are under way, in milliseconds. */
const stopGraceMs = 5_000;

/** A server that is up. */
export interface RunningServer {
  /** Where it listens, as host:port. */
  readonly address: string;
  /** Refuses new calls, tells the streams, answers what was accepted, and closes the database. */
  stop(): Promise<void>;
  /** Rejects when the server cannot go on, because nobody knows what the disk has stored. */
  readonly failed: Promise<never>;
}
