import type { Alarm } from "../engine/alarms.ts";
import type { Vitals } from "./vitals.ts";

/** What is known of a server at any time. */
export interface StartStatus {
  readonly state: "starting" | "running" | "draining" | "stopping";
  readonly version: string;
  readonly startTimeMs: number;
  readonly uptimeMs: number;
}

/** What is known of a server that has loaded its data: the same facts for HTTP, for gRPC and for metrics. */
export interface ServerStatus extends StartStatus {
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
  readonly draining: boolean;
  readonly alarms: readonly Alarm[];
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly diskFreeBytes: number;
  readonly logLevel: string;
}

/** What is known now, which does not include the data while they are being loaded. */
export async function statusOf(vitals: Vitals): Promise<StartStatus | ServerStatus> {
  return vitals.data === undefined ? startStatusOf(vitals) : await serverStatusOf(vitals, vitals.data);
}

export async function serverStatusOf(
  vitals: Vitals,
  { engine, journal }: NonNullable<Vitals["data"]>,
): Promise<ServerStatus> {
  const sizes = await journal.sizes();
  const { tree, watches } = engine;
  return {
    ...startStatusOf(vitals),
    zxid: tree.zxid,
    oldestZxid: journal.oldestZxid,
    nodes: tree.nodeCount,
    ephemeralNodes: tree.ephemeralNodeCount,
    dataBytes: tree.usage("/").bytes,
    sessions: tree.sessionCount,
    watches: watches.count,
    watchStreams: watches.streamCount,
    connections: vitals.front?.connections.open ?? 0,
    draining: vitals.draining,
    alarms: vitals.alarms,
    databaseBytes: sizes.database,
    walBytes: sizes.wal,
    diskFreeBytes: sizes.diskFree,
    logLevel: vitals.logLevel(),
  };
}

function startStatusOf(vitals: Vitals): StartStatus {
  const { version, startedMs: startTimeMs } = vitals;
  return { state: stateOf(vitals), version, startTimeMs, uptimeMs: Math.round(vitals.uptimeMs) };
}

function stateOf({ stopping, front, draining }: Vitals): StartStatus["state"] {
  if (stopping) return "stopping";
  if (front === undefined) return "starting";
  return draining ? "draining" : "running";
}
