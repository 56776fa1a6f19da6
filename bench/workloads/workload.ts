import type { LoadResult } from "../load/loops.ts";
import { cpuSeconds, forgetPeak, memory } from "../servers/process-stats.ts";
import type { Server } from "../servers/server.ts";
import type { Stalls } from "../servers/stall-probe.ts";

/** How much of everything a run does. */
export interface Scale {
  readonly rounds: number;
  /** Of one round of a workload that goes on for a time. */
  readonly seconds: number;
  readonly watches: number;
  readonly watchChanges: number;
  readonly sessions: number;
  readonly idleSeconds: number;
  readonly nodes: number;
}

/** Some 25 minutes. */
export const fullScale: Scale = {
  rounds: 5,
  seconds: 3,
  watches: 10_000,
  watchChanges: 20,
  sessions: 10_000,
  idleSeconds: 5,
  nodes: 1_000_000,
};

/** Less than one. */
export const quickScale: Scale = {
  rounds: 1,
  seconds: 0.2,
  watches: 1_000,
  watchChanges: 3,
  sessions: 200,
  idleSeconds: 0.5,
  nodes: 20_000,
};

/** A number as the names of workloads have it. */
export const count = (value: number) => value.toLocaleString("en-US");

/** What was measured in one round, by name. Which of them there are depends on the workload. */
export interface Figures {
  perSecond?: number;
  p50Ms?: number;
  p99Ms?: number;
  maxMs?: number;
  /** Of the server with all its threads, in seconds. */
  cpuPer100k?: number;
  peakMb?: number;
  /** The longest that Corral's event loop was held up. */
  stallMs?: number;
  /** The same without the time in which it waited for a core. */
  ownStallMs?: number;
  /** Signs of life that are answered, of all sessions together. */
  heartbeatsPerSecond?: number;
  /** Of a core, while nothing happens. */
  idlePercent?: number;
  /** Resident memory; of sessions, over the empty server. */
  memoryMb?: number;
  /** Resident, or for ZooKeeper used heap after a collection, over the empty server. */
  bytesPerNode?: number;
  startSeconds?: number;
  /** What the writer beside the measured readers came to. */
  writesPerSecond?: number;
  /** Operations that were refused or failed: a row with any says nothing. */
  failures?: number;
}

/** A server under measurement, with what the rounds before have left in it. */
export interface Subject {
  readonly server: Server;
  /** The number of the next node to create. */
  next: number;
}

/** What is run in rounds; a row for each server comes out. */
export interface Workload {
  readonly name: string;
  /** One round; undefined where the server has no such thing. */
  run(subject: Subject, scale: Scale): Promise<Figures | undefined>;
}

/** Measures what the server needs for some load. */
export async function measured(server: Server, load: () => Promise<LoadResult>): Promise<Figures> {
  const { pid, stalls } = server;
  forgetPeak(pid);
  stalls?.begin();
  const cpuBefore = cpuSeconds(pid);
  const { operations, failures, seconds, latencies } = await load();
  const cpu = cpuSeconds(pid) - cpuBefore;
  const stalled = stallFigures(await stalls?.end());
  return {
    perSecond: operations / seconds,
    ...latencies.summary(),
    cpuPer100k: (cpu * 100_000) / operations,
    peakMb: memory(pid).peakBytes / 1e6,
    ...stalled,
    failures,
  };
}

export function stallFigures(stalls: Stalls | undefined): Figures {
  return stalls === undefined ? {} : { stallMs: stalls.longestMs, ownStallMs: stalls.longestOwnMs };
}
