import type { Histogram, MethodFigures } from "../figures.ts";
import type { Serving } from "./corral-metrics.ts";
import { counter, gauge, type Metric, type Summary, summary } from "./exposition.ts";
import type { FrontFigures } from "./vitals.ts";

/** What ZooKeeper's names are read from. */
export interface ZooKeeperSource extends Serving {
  readonly calls: readonly MethodFigures[];
  readonly front: FrontFigures | undefined;
}

/** ZooKeeper's names for what has a meaning here, in its units: milliseconds. */
export const zookeeperMetrics: readonly Metric<ZooKeeperSource>[] = [
  gauge("znode_count", "corral_nodes", ({ status }) => status.nodes),
  gauge("watch_count", "All corral_watches", ({ status }) => status.watches),
  gauge("ephemerals_count", "corral_ephemeral_nodes", ({ status }) => status.ephemeralNodes),
  gauge("approximate_data_size", "corral_data_bytes", ({ status }) => status.dataBytes),
  gauge("global_sessions", "All corral_sessions", ({ status }) => status.sessions),
  gauge("num_alive_connections", "corral_connections", ({ status }) => status.connections),
  gauge("outstanding_requests", "corral_write_queue_operations", ({ engine }) => engine.writes.waiting),
  gauge("uptime", "Milliseconds since the start", ({ status }) => status.uptimeMs),
  gauge("open_file_descriptor_count", "process_open_fds", ({ process }) => process.openFiles ?? -1),
  gauge("max_file_descriptor_count", "process_max_fds", ({ process }) => process.openFilesMax ?? -1),
  gauge("avg_latency", "Mean time of unary calls, in ms", ({ calls }) => meanMs(unary(calls))),
  gauge("min_latency", "Their shortest, in ms", ({ calls }) => shortestMs(unary(calls))),
  gauge("max_latency", "Their longest, in ms", ({ calls }) => longestMs(unary(calls))),
  gauge("packets_received", "Messages received", ({ calls }) => total(calls, ({ received }) => received)),
  gauge("packets_sent", "Messages sent", ({ calls }) => total(calls, ({ sent }) => sent)),
  gauge("auth_failed_count", "corral_auth_failures_total", ({ vitals }) => vitals.authFailures),
  counter(
    "connection_rejected",
    "corral_connections_rejected_total",
    ({ front }) => front?.connections.rejected ?? 0,
  ),
  counter(
    "stale_sessions_expired",
    "corral_sessions_expired_total",
    ({ engine }) => engine.sessions.figures.expired,
  ),
  counter("commit_count", "corral_commits_total", ({ engine }) => engine.writes.commitSeconds.count),
  summary("fsynctime", "corral_fsync_duration_seconds, in ms", ({ journal }) => [
    [{}, inMs([journal.syncSeconds])],
  ]),
  summary("readlatency", "Time of calls that read, in ms", ({ calls }) => [
    [{}, inMs(secondsOf(calls, reads))],
  ]),
  summary("updatelatency", "Time of calls that write, in ms", ({ calls }) => [
    [{}, inMs(secondsOf(calls, writes))],
  ]),
];

const reads: ReadonlySet<string> = new Set(["Get", "Exists", "List", "GetAcl"]);
const writes: ReadonlySet<string> = new Set(["Create", "Set", "Delete", "SetAcl", "Transact"]);

function unary(calls: readonly MethodFigures[]): Histogram[] {
  return calls.filter(({ kind }) => kind === "unary").map(({ seconds }) => seconds);
}

function secondsOf(calls: readonly MethodFigures[], methods: ReadonlySet<string>): Histogram[] {
  return calls.filter(({ method }) => methods.has(method)).map(({ seconds }) => seconds);
}

function total(calls: readonly MethodFigures[], of: (figures: MethodFigures) => number): number {
  return calls.reduce((sum, figures) => sum + of(figures), 0);
}

function inMs(all: readonly Histogram[]): Summary {
  return {
    sum: all.reduce((ms, { sum }) => ms + sum * 1_000, 0),
    count: all.reduce((calls, { count }) => calls + count, 0),
  };
}

function meanMs(all: readonly Histogram[]): number {
  const { sum, count } = inMs(all);
  return count === 0 ? 0 : sum / count;
}

function shortestMs(all: readonly Histogram[]): number {
  const min = Math.min(...all.map((seconds) => seconds.min));
  return Number.isFinite(min) ? min * 1_000 : 0;
}

function longestMs(all: readonly Histogram[]): number {
  return Math.max(...all.map(({ max }) => max * 1_000));
}
