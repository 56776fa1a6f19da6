import { readdir, readFile } from "node:fs/promises";
import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
} from "node:perf_hooks";
import type { Clock } from "../clock.ts";
import { Histogram } from "../figures.ts";
import { loopDelayResolutionMs, loopDelayWindowMs } from "../limits.ts";

/** What the process takes of its machine. */
export interface ProcessReading {
  readonly cpuSeconds: number;
  readonly memory: NodeJS.MemoryUsage;
  /** Undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly openFilesMax: number | undefined;
  /** How late the event loop was, in seconds, by quantile. */
  readonly loopDelay: ReadonlyMap<string, number>;
  readonly gcSeconds: ReadonlyMap<string, Histogram>;
}

/** Watches the process itself: its event loop, its garbage collector and what it has open. */
export class ProcessFigures {
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>;
  readonly #gc = new Map<string, Histogram>();
  readonly #gcObserver: PerformanceObserver;
  readonly #stopTimer: () => void;
  #lastWindow = new Map<string, number>();

  constructor(clock: Clock) {
    this.#loop = monitorEventLoopDelay({ resolution: loopDelayResolutionMs });
    this.#loop.enable();
    this.#stopTimer = clock.setInterval(() => this.#turnWindow(), loopDelayWindowMs);
    for (const kind of Object.values(gcKinds)) this.#gc.set(kind, new Histogram(gcBounds));
    this.#gcObserver = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#collected(entry);
    });
    this.#gcObserver.observe({ entryTypes: ["gc"] });
  }

  async read(): Promise<ProcessReading> {
    const { user, system } = process.cpuUsage();
    const [openFiles, openFilesMax] = await Promise.all([countOpenFiles(), maxOpenFiles()]);
    return {
      cpuSeconds: (user + system) / 1e6,
      memory: process.memoryUsage(),
      openFiles,
      openFilesMax,
      loopDelay: this.#loopDelay(),
      gcSeconds: this.#gc,
    };
  }

  stop(): void {
    this.#stopTimer();
    this.#loop.disable();
    this.#gcObserver.disconnect();
  }

  /** The worse of the window that runs and the one before, so that a stall is seen by everybody who scrapes. */
  #loopDelay(): ReadonlyMap<string, number> {
    const now = this.#window();
    return new Map(
      [...now].map(([quantile, delay]) => [quantile, Math.max(delay, this.#lastWindow.get(quantile) ?? 0)]),
    );
  }

  #turnWindow(): void {
    this.#lastWindow = this.#window();
    this.#loop.reset();
  }

  /** Node measures the time from one look to the next; what is beyond the time that was meant is the delay. */
  #window(): Map<string, number> {
    const seconds = (ns: number) => Math.max(0, ns / 1e6 - loopDelayResolutionMs) / 1_000;
    return new Map([
      ["0.5", seconds(this.#loop.percentile(50))],
      ["0.99", seconds(this.#loop.percentile(99))],
      ["1", seconds(this.#loop.max)],
    ]);
  }

  #collected(entry: PerformanceEntry): void {
    const { duration, detail } = entry as PerformanceEntry & { readonly detail: { readonly kind: number } };
    const kind = gcKinds[detail.kind];
    if (kind !== undefined) this.#gc.get(kind)!.observe(duration / 1_000);
  }
}

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

const gcBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** By Linux's own list of them. */
async function countOpenFiles(): Promise<number | undefined> {
  try {
    // Reading the list opens one more.
    return (await readdir("/proc/self/fd")).length - 1;
  } catch {
    return undefined;
  }
}

async function maxOpenFiles(): Promise<number | undefined> {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(await readFile("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
