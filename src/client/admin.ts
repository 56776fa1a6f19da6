import { Admin as AdminService } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Calls } from "./calls.ts";
import type { ScanSource } from "./scan.ts";
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
}
