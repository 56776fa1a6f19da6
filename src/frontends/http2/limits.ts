import type { BudgetLimit } from "./budget.ts";
import type { HeaderBlockLimits } from "./header-block.ts";
import type { LivenessLimits } from "./liveness.ts";

/** What one connection may do. Every limit has a typed answer; `docs/security.md` lists them. */
export interface Http2Limits extends HeaderBlockLimits, LivenessLimits {
  /** Our SETTINGS_MAX_CONCURRENT_STREAMS. More are refused: REFUSED_STREAM. */
  readonly streamsMax: number;
  /** Our SETTINGS_MAX_HEADER_LIST_SIZE. A larger head is cut off and marked. */
  readonly headerListBytes: number;
  /** Our SETTINGS_HEADER_TABLE_SIZE. */
  readonly headerTableBytes: number;
  /** Our SETTINGS_INITIAL_WINDOW_SIZE: what a client sends on a stream before its handler has taken any of it. */
  readonly streamWindowBytes: number;
  /** The same for all streams of the connection. */
  readonly connectionWindowBytes: number;
  /** Bodies that wait for a client which does not read. New requests are then refused: ENHANCE_YOUR_CALM. */
  readonly queuedBytesMax: number;
  /** Requests in a row that are refused for it. Then the connection ends. */
  readonly unreadRefusalsMax: number;
  /** Answers to control frames that wait for a client which does not read. Then the connection ends. */
  readonly controlBytesMax: number;
  /** PING, PRIORITY, empty frames, small and useless WINDOW_UPDATEs, unknown frames. */
  readonly controlFrames: BudgetLimit;
  /** SETTINGS: each may change all open streams. */
  readonly settingsFrames: BudgetLimit;
  /** Streams that end by a reset, whoever sends it: rapid reset (CVE-2023-44487) and MadeYouReset (CVE-2025-8671). */
  readonly resets: BudgetLimit;
  /** How long a connection may have no stream. Then it is asked to go. */
  readonly idleMaxMs: number;
  /** How long a header block may take to be complete. */
  readonly headerTimeoutMs: number;
}

/** An increment below this is as much work as a large one. */
export const smallIncrementBytes = 1_024;

/** Streams that closed last, whose frames may still be under way. */
export const closedStreamsKept = 256;

/** Those of the server. `docs/security.md` has them as a table. */
export const http2Limits: Http2Limits = {
  streamsMax: 10_000,
  headerListBytes: 16_384,
  headerTableBytes: 4_096,
  blockBytesMax: 65_536,
  blockFramesMax: 16,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  queuedBytesMax: 256 * 1_048_576,
  unreadRefusalsMax: 100,
  controlBytesMax: 65_536,
  controlFrames: { burst: 10_000, perSecond: 5_000 },
  settingsFrames: { burst: 100, perSecond: 10 },
  resets: { burst: 10_000, perSecond: 1_000 },
  // Clients keep their connections, also when they have nothing to call.
  idleMaxMs: Number.POSITIVE_INFINITY,
  headerTimeoutMs: 10_000,
  settingsTimeoutMs: 30_000,
  pingIntervalMs: 20_000,
  pingTimeoutMs: 20_000,
};
