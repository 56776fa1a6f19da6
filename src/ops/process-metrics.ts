import { counter, gauge, histogram, type Metric, type Sample, summary } from "./exposition.ts";
import type { ProcessReading } from "./process-figures.ts";

/** Of the process, under the names that Prometheus' own client libraries give them. */
export const processMetrics: readonly Metric<ProcessReading>[] = [
  counter(
    "process_cpu_seconds_total",
    "CPU time of the process, in the system too.",
    ({ cpuSeconds }) => cpuSeconds,
  ),
  gauge("process_resident_memory_bytes", "Memory of the process.", ({ memory }) => memory.rss),
  gauge("process_open_fds", "Open file descriptors, where the system tells.", ({ openFiles }) =>
    known(openFiles),
  ),
  gauge("process_max_fds", "How many there may be.", ({ openFilesMax }) => known(openFilesMax)),
  gauge(
    "nodejs_heap_size_used_bytes",
    "Memory of live objects and garbage.",
    ({ memory }) => memory.heapUsed,
  ),
  gauge("nodejs_external_memory_bytes", "Memory of buffers beside them.", ({ memory }) => memory.external),
  histogram("nodejs_gc_duration_seconds", "How long collections of garbage took, by kind.", ({ gcSeconds }) =>
    [...gcSeconds].map(([kind, seconds]): Sample => [{ kind }, seconds]),
  ),
  summary(
    "corral_event_loop_delay_seconds",
    "How late the event loop was: the worse of the half minute that runs and the one before.",
    ({ loopDelay }) => [...loopDelay].map(([quantile, delay]): Sample => [{ quantile }, delay]),
  ),
];

function known(value: number | undefined): Sample[] {
  return value === undefined ? [] : [[{}, value]];
}
