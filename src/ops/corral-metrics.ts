import type { WatchKind } from "../core/watch.ts";
import { boundsOf } from "./bounds.ts";
import { counter, gauge, histogram, type Metric, type Sample } from "./exposition.ts";
import type { ProcessReading } from "./process-figures.ts";
import type { ServerStatus } from "./status.ts";
import type { FrontFigures, Vitals } from "./vitals.ts";

/** What metrics of a server that has its data read: what takes a moment to find out is found out once a scrape. */
export interface Serving extends NonNullable<Vitals["data"]> {
  readonly vitals: Vitals;
  readonly status: ServerStatus;
  readonly process: ProcessReading;
}

/** Those that are there from the first moment. */
export const startMetrics: readonly Metric<Vitals>[] = [
  gauge("corral_build_info", "Always 1; the label tells the version of the server.", ({ version }) => [
    [{ version }, 1],
  ]),
  gauge(
    "corral_start_time_seconds",
    "When the server was started, in seconds since 1970.",
    ({ startedMs }) => startedMs / 1_000,
  ),
  gauge("corral_draining", "1 while the server takes no new sessions, or stops.", (vitals) =>
    Number(vitals.draining),
  ),
  gauge("corral_alarm", "1 for each alarm that is raised.", ({ alarms }) =>
    alarms.map(({ name }): Sample => [{ alarm: name }, 1]),
  ),
  counter("corral_auth_failures_total", "Calls with wrong credentials.", (vitals) => vitals.authFailures),
];

const stateMetrics: readonly Metric<Serving>[] = [
  gauge("corral_zxid", "The zxid of the last change that is visible.", ({ status }) => status.zxid),
  gauge("corral_nodes", "Nodes, those of /zookeeper included.", ({ status }) => status.nodes),
  gauge("corral_ephemeral_nodes", "Ephemeral nodes.", ({ status }) => status.ephemeralNodes),
  gauge("corral_data_bytes", "Bytes of data in all nodes.", ({ status }) => status.dataBytes),
];

const sessionMetrics: readonly Metric<Serving>[] = [
  gauge(
    "corral_sessions",
    "Open sessions: attached ones are held by a KeepAlive stream, detached ones end unless somebody comes for them.",
    ({ status, engine }) => {
      const { attached } = engine.sessions.figures;
      return [
        [{ state: "attached" }, attached],
        [{ state: "detached" }, status.sessions - attached],
      ];
    },
  ),
  counter(
    "corral_sessions_opened_total",
    "Sessions that were opened.",
    ({ engine }) => engine.sessions.figures.opened,
  ),
  counter(
    "corral_sessions_closed_total",
    "Sessions that their clients closed, or an operator.",
    ({ engine }) => engine.sessions.figures.closed,
  ),
  counter(
    "corral_sessions_expired_total",
    "Sessions that ended because they were silent.",
    ({ engine }) => engine.sessions.figures.expired,
  ),
  histogram(
    "corral_expiry_lateness_seconds",
    "How long after its timeout a session that expired was gone for everybody.",
    ({ engine }) => engine.sessions.figures.latenessSeconds,
  ),
];

const watchMetrics: readonly Metric<Serving>[] = [
  gauge("corral_watches", "Watches, by kind.", ({ engine }) =>
    watchKinds.map((kind): Sample => [{ kind }, engine.watches.counts.get(kind) ?? 0]),
  ),
  gauge("corral_watch_streams", "Open streams of watches.", ({ status }) => status.watchStreams),
  gauge(
    "corral_watches_catching_up",
    "Watches that are still told of the past.",
    ({ engine }) => engine.watches.catchingUp,
  ),
  counter(
    "corral_watch_events_total",
    "Events that were sent to streams of watches, once for each stream.",
    ({ engine }) => engine.watches.figures.sentEvents,
  ),
  gauge(
    "corral_watch_outbox_events",
    "Events that wait for readers of streams.",
    ({ engine }) => engine.watches.figures.waiting,
  ),
  gauge(
    "corral_watch_outbox_max_events",
    "Those of the stream for which most wait.",
    ({ engine }) => engine.watches.figures.waitingMost,
  ),
  counter(
    "corral_watchers_too_slow_total",
    "Streams of watches that ended because their readers left too much unread.",
    ({ engine }) => engine.watches.figures.tooSlow,
  ),
];

const writeMetrics: readonly Metric<Serving>[] = [
  counter(
    "corral_commits_total",
    "Batches of changes that became durable.",
    ({ engine }) => engine.writes.commitSeconds.count,
  ),
  histogram(
    "corral_commit_duration_seconds",
    "How long a batch took from when it was handed to the journal until it was durable.",
    ({ engine }) => engine.writes.commitSeconds,
  ),
  histogram(
    "corral_fsync_duration_seconds",
    "How long SQLite's COMMIT of a batch took, which is the fsync.",
    ({ journal }) => journal.syncSeconds,
  ),
  histogram("corral_commit_changes", "Changes in a batch.", ({ engine }) => engine.writes.commitChanges),
  gauge(
    "corral_write_queue_operations",
    "Operations that wait for their commit, or for their turn behind one.",
    ({ engine }) => engine.writes.waiting,
  ),
  gauge(
    "corral_write_queue_bytes",
    "About what they take in memory.",
    ({ engine }) => engine.writes.waitingBytes,
  ),
  counter(
    "corral_writes_refused_total",
    "Operations of the ordered writer that were refused, by the reason that their callers were told.",
    ({ engine }) => [...engine.writes.refused].map(([reason, count]): Sample => [{ reason }, count]),
  ),
];

const memoryMetrics: readonly Metric<Serving>[] = [
  gauge("corral_client_memory_bytes", "Memory that is held for clients, by what holds it.", ({ memory }) =>
    [...memory.held].map(([kind, bytes]): Sample => [{ kind }, bytes]),
  ),
  counter(
    "corral_client_memory_shed_total",
    "Streams and connections that were cut off because the memory for clients was used up.",
    ({ memory }) =>
      [...memory.held.keys()].map((kind): Sample => [{ kind }, memory.shedCounts.get(kind) ?? 0]),
  ),
];

const diskMetrics: readonly Metric<Serving>[] = [
  gauge(
    "corral_history_oldest_zxid",
    "The history is complete after this zxid.",
    ({ status }) => status.oldestZxid,
  ),
  gauge("corral_database_bytes", "Size of the database file.", ({ status }) => status.databaseBytes),
  gauge(
    "corral_wal_bytes",
    "Size of its log, which is folded into it now and then.",
    ({ status }) => status.walBytes,
  ),
  gauge(
    "corral_disk_free_bytes",
    "What is left on the disk of the data directory.",
    ({ status }) => status.diskFreeBytes,
  ),
  gauge(
    "corral_limit_used_ratio",
    "How much of a limit is used, from 0 to 1. Limits that are switched off are left out.",
    usedRatios,
  ),
];

/** Those of a server that has its data. */
export const servingMetrics: readonly Metric<Serving>[] = [
  ...stateMetrics,
  ...sessionMetrics,
  ...watchMetrics,
  ...writeMetrics,
  ...memoryMetrics,
  ...diskMetrics,
];

/** Those of one that can be called. */
export const frontMetrics: readonly Metric<FrontFigures>[] = [
  gauge("corral_connections", "Open connections to the gRPC port.", ({ connections }) => connections.open),
  counter(
    "corral_connections_rejected_total",
    "Connections that were turned away because there were too many.",
    ({ connections }) => connections.rejected,
  ),
];

const watchKinds: readonly WatchKind[] = [
  "data",
  "exists",
  "children",
  "persistent",
  "persistentRecursive",
  "subtree",
];

function usedRatios(serving: Serving): Sample[] {
  return boundsOf(serving.vitals, serving)
    .filter(({ max }) => Number.isFinite(max))
    .map(({ limit, max, used }) => [{ limit }, used() / max]);
}
