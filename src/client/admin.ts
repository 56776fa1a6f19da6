import {
  Admin as AdminService,
  LogLevel as ProtoLogLevel,
  type SessionInfo as ProtoSessionInfo,
  SessionState,
} from "../../gen/ts/corral/v1/admin_pb.js";
import type {
  BackupPart,
  Drained,
  LogLevel,
  ServerStatus,
  SessionInfo,
  SessionsOptions,
  WatchCounts,
  Watcher,
} from "./admin-types.ts";
import type { Calls } from "./calls.ts";
import { Iteration } from "./iteration.ts";
import type { ScanSource } from "./scan.ts";
import type { CallOptions } from "./scope.ts";
import { watchKindFromProto } from "./watch-event.ts";

const rpc = AdminService.method;

/** What operators ask of a running server: for whom the list of "/" gives ADMIN. */
export class Admin {
  readonly #calls: Calls;
  readonly #source: ScanSource;

  /** @internal use `client.admin`. */
  constructor(calls: Calls, source: ScanSource) {
    this.#calls = calls;
    this.#source = source;
  }

  /**
   * Reads a backup of everything, as of one zxid: the chunks, one after the other, are the file that `corral restore`
   * reads. It is whole only when the iteration ends without an error. The time is that for the connection; the server
   * waits for a slow reader for a while, and then ends it with SCAN_TOO_SLOW.
   * @throws CorralError NO_AUTH, OVERLOADED, SCAN_TOO_SLOW, CONNECTION_LOST
   */
  async *backup({ timeoutMs, signal }: CallOptions = {}): AsyncGenerator<BackupPart, void> {
    const { connection, namespace, scopes } = this.#source;
    const link = await scopes.run({ timeoutMs, signal }, (within) => connection.ready(within));
    using scope = scopes.open({ timeoutMs: Number.POSITIVE_INFINITY, signal });
    try {
      for await (const { chunk, zxid, nodes, nodesTotal } of link.read(rpc.backup, {}, scope.signal))
        yield { chunk, zxid: Number(zxid), nodes: Number(nodes), nodesTotal: Number(nodesTotal) };
    } catch (error) {
      throw namespace.errorToCaller(error);
    }
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
    const { namespace } = this.#source;
    const request = { path: namespace.toServer(path), limit };
    const { watchers, more } = await this.#calls.read(rpc.listWatchers, request, options);
    return {
      watchers: watchers.map((watcher) => ({
        path: namespace.fromServer(watcher.path),
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

  /**
   * The open sessions, in the order of their ids, read a page at a time. @throws CorralError NO_AUTH, BAD_ARGUMENTS
   */
  sessions({ endingWithinMs = 0, ...options }: SessionsOptions = {}): Iteration<SessionInfo> {
    return new Iteration((signal) => this.#sessions(endingWithinMs, { ...options, signal }), options.signal);
  }

  /** How many sessions are open. @throws CorralError NO_AUTH */
  async countSessions(options: CallOptions = {}): Promise<number> {
    return (await this.#calls.read(rpc.listSessions, { limit: 1 }, options)).openSessions;
  }

  /** The paths of a session's ephemeral nodes, in order. @throws CorralError NO_SESSION, NO_AUTH */
  ephemeralsOf(sessionId: number, options: CallOptions = {}): Iteration<string> {
    return new Iteration((signal) => this.#ephemerals(sessionId, { ...options, signal }), options.signal);
  }

  /**
   * Ends a session as if it had expired, and answers the zxid under which its ephemeral nodes went.
   * @throws CorralError NO_SESSION when it has ended, by an earlier try of this call, say; NO_AUTH
   */
  async expireSession(sessionId: number, options: CallOptions = {}): Promise<number> {
    const request = { sessionId: BigInt(sessionId) };
    return Number((await this.#calls.read(rpc.expireSession, request, options)).zxid);
  }

  /** Lets the server refuse new sessions, so that it runs empty, or take them again. @throws CorralError NO_AUTH */
  async setDraining(draining: boolean, options: CallOptions = {}): Promise<Drained> {
    const answer = await this.#calls.read(rpc.setDraining, { draining }, options);
    return { draining: answer.draining, sessions: answer.sessions, connections: answer.connections };
  }

  /** Sets how much the server's log tells until it stops; answers what it was. @throws CorralError NO_AUTH */
  async setLogLevel(level: LogLevel, options: CallOptions = {}): Promise<LogLevel> {
    const { previous } = await this.#calls.read(rpc.setLogLevel, { level: logLevels[level] }, options);
    return ProtoLogLevel[previous].toLowerCase() as LogLevel;
  }

  async *#sessions(endingWithinMs: number, options: CallOptions): AsyncGenerator<SessionInfo, undefined> {
    for (let afterSessionId = 0n, more = true; more; ) {
      const request = { afterSessionId, endingWithinMs: Math.min(endingWithinMs, int32Max) };
      const page = await this.#calls.read(rpc.listSessions, request, options);
      for (const session of page.sessions) yield sessionFromProto(session);
      afterSessionId = page.sessions.at(-1)?.sessionId ?? 0n;
      ({ more } = page);
    }
    return undefined;
  }

  async *#ephemerals(sessionId: number, options: CallOptions): AsyncGenerator<string, undefined> {
    for (let afterPath = "", more = true; more; ) {
      const request = { sessionId: BigInt(sessionId), afterPath };
      const page = await this.#calls.read(rpc.listEphemerals, request, options);
      for (const path of page.paths) yield this.#source.namespace.fromServer(path);
      afterPath = page.paths.at(-1) ?? "";
      ({ more } = page);
    }
    return undefined;
  }
}

/** No session lives longer. */
const int32Max = 2 ** 31 - 1;

const logLevels: Readonly<Record<LogLevel, ProtoLogLevel>> = {
  error: ProtoLogLevel.ERROR,
  warn: ProtoLogLevel.WARN,
  info: ProtoLogLevel.INFO,
  debug: ProtoLogLevel.DEBUG,
};

function sessionFromProto(session: ProtoSessionInfo): SessionInfo {
  const { owner, timeoutMs, expiresInMs, peer, ephemeralNodes, watchStreams, watches } = session;
  return {
    sessionId: Number(session.sessionId),
    owner,
    timeoutMs,
    state: SessionState[session.state].toLowerCase() as SessionInfo["state"],
    expiresInMs,
    peer,
    identities: session.identities.map(({ scheme, id }) => ({ scheme, id })),
    ephemeralNodes,
    watchStreams,
    watches,
  };
}
