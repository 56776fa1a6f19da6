import { Admin as AdminService } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Calls } from "./calls.ts";
import type { Namespace } from "./namespace.ts";
import type { CallOptions } from "./scope.ts";
import { type WatchKind, watchKindFromProto } from "./watch-event.ts";

const rpc = AdminService.method;

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

/** What operators ask of a running server: for whom the list of "/" gives ADMIN. */
export class Admin {
  readonly #calls: Calls;
  readonly #namespace: Namespace;

  /** @internal use `client.admin`. */
  constructor(calls: Calls, namespace: Namespace) {
    this.#calls = calls;
    this.#namespace = namespace;
  }

  /** Counts all watches. @throws CorralError NO_AUTH */
  async countWatches(options: CallOptions = {}): Promise<WatchCounts> {
    const { counts, streams, catchingUp } = await this.#calls.read(rpc.countWatches, {}, options);
    return {
      counts: counts.map(({ kind, count }) => ({ kind: watchKindFromProto(kind), count })),
      streams,
      catchingUp,
    };
  }

  /** How the server is. @throws CorralError NO_AUTH */
  async status(options: CallOptions = {}): Promise<ServerStatus> {
    const status = await this.#calls.read(rpc.getStatus, {}, options);
    const { version, draining, logLevel } = status;
    return {
      version,
      startTimeMs: Number(status.startTimeMs),
      uptimeMs: Number(status.uptimeMs),
      zxid: Number(status.zxid),
      oldestZxid: Number(status.oldestZxid),
      nodes: Number(status.nodes),
      ephemeralNodes: Number(status.ephemeralNodes),
      dataBytes: Number(status.dataBytes),
      sessions: Number(status.sessions),
      watches: Number(status.watches),
      watchStreams: Number(status.watchStreams),
      connections: Number(status.connections),
      draining,
      alarms: status.alarms.map(({ name, sinceMs, message }) => ({
        name,
        sinceMs: Number(sinceMs),
        message,
      })),
      databaseBytes: Number(status.databaseBytes),
      walBytes: Number(status.walBytes),
      diskFreeBytes: Number(status.diskFreeBytes),
      logLevel,
    };
  }

  /** Who watches a node, at most `limit`: 1 to 10,000; 1,000 by default. @throws CorralError NO_AUTH */
  async watchersOf(
    path: string,
    { limit = 0, ...options }: CallOptions & { readonly limit?: number } = {},
  ): Promise<{ readonly watchers: readonly Watcher[]; readonly more: boolean }> {
    const request = { path: this.#namespace.toServer(path), limit };
    const { watchers, more } = await this.#calls.read(rpc.listWatchers, request, options);
    return {
      watchers: watchers.map((watcher) => ({
        path: this.#namespace.fromServer(watcher.path),
        kind: watchKindFromProto(watcher.kind),
        watchId: Number(watcher.watchId),
        peer: watcher.peer,
        sessionId: Number(watcher.sessionId),
        sentZxid: Number(watcher.sentZxid),
        waitingEvents: watcher.waitingEvents,
      })),
      more,
    };
  }
}
