import type { CallOptions } from "./scope.ts";
import type { WatchKind } from "./watch-event.ts";

/** How many watches there are on the server. */
export interface WatchCounts {
  /** Kinds that nobody uses are left out. */
  readonly counts: readonly { readonly kind: WatchKind; readonly count: number }[];
  /** Watch streams that are open. */
  readonly streams: number;
  /** Watches, among those counted, that are still being told of the past. */
  readonly catchingUp: number;
}

/** A watch and who holds it. */
export interface Watcher {
  /** The path it was set on. */
  readonly path: string;
  readonly kind: WatchKind;
  /** Its id on its stream. */
  readonly watchId: number;
  /** The address of the client. */
  readonly peer: string;
  /** The session that the stream is bound to; 0 for none. */
  readonly sessionId: number;
  /** The zxid of the event that was sent last on its stream; 0 for none yet. */
  readonly sentZxid: number;
  /** Messages that wait until the client has read what is on its way. */
  readonly waitingEvents: number;
}

/** How a server is. */
export interface ServerStatus {
  readonly version: string;
  /** When it was started, in milliseconds since 1970. */
  readonly startTimeMs: number;
  readonly uptimeMs: number;
  /** The zxid of the last change that is visible. */
  readonly zxid: number;
  /** The history is complete after this zxid. */
  readonly oldestZxid: number;
  readonly nodes: number;
  readonly ephemeralNodes: number;
  readonly dataBytes: number;
  readonly sessions: number;
  readonly watches: number;
  readonly watchStreams: number;
  readonly connections: number;
  /** It takes no new sessions, or is stopping. */
  readonly draining: boolean;
  /** What an operator should look at; empty when all is well. */
  readonly alarms: readonly Alarm[];
  readonly databaseBytes: number;
  /** The database's log, which is folded into it now and then. */
  readonly walBytes: number;
  readonly diskFreeBytes: number;
  readonly logLevel: string;
}

/** Something that an operator should look at. */
export interface Alarm {
  /** What kind of trouble it is, such as disk_full. */
  readonly name: string;
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly message: string;
}

/** A part of a backup, and how far it is. */
export interface BackupPart {
  /** The next bytes of the file. */
  readonly chunk: Uint8Array;
  /** What all of it shows: the state just after this change. */
  readonly zxid: number;
  /** Nodes that have been read so far. */
  readonly nodes: number;
  /** All nodes that the backup has. */
  readonly nodesTotal: number;
}

/** A session, as operators see it. */
export interface SessionInfo {
  /** Its id, which is the zxid at which it was opened. */
  readonly sessionId: number;
  /** What its client calls itself; "" for nothing. */
  readonly owner: string;
  /** The granted timeout, in milliseconds. */
  readonly timeoutMs: number;
  /** Held by a client; by none; or expired, while its end waits for the disk. */
  readonly state: "attached" | "detached" | "ending";
  /** How long it lives without a further heartbeat, in milliseconds, as of the answer. */
  readonly expiresInMs: number;
  /** The address of the client that holds it, or held it last; "" if that is not known. */
  readonly peer: string;
  /** Everybody that its opener had proven to be, digests without their hash; none if that is not known. */
  readonly identities: readonly { readonly scheme: string; readonly id: string }[];
  /** How many ephemeral nodes it owns. */
  readonly ephemeralNodes: number;
  /** Watch streams that are bound to it. */
  readonly watchStreams: number;
  /** Watches on these. */
  readonly watches: number;
}

/** Which sessions to list. */
export interface SessionsOptions extends CallOptions {
  /** Only those that end within this time if they stay silent, in milliseconds; all by default. */
  readonly endingWithinMs?: number | undefined;
}

/** What a server holds that runs empty, or does so no more. */
export interface Drained {
  /** As it was asked for. */
  readonly draining: boolean;
  /** Sessions that are open. */
  readonly sessions: number;
  /** Connections, this one included. */
  readonly connections: number;
}

/** How much the server's log tells, from least to most. */
export type LogLevel = "error" | "warn" | "info" | "debug";
