import type { Row } from "./rounds.ts";
import type { Figures } from "./workloads/workload.ts";

/** A table of text, each column as wide as its widest cell; Markdown too. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join(
    "\n",
  );
}

/** Medians of the rounds, with the smallest and the largest rate. */
export function rowsTable(rows: readonly Row[]): string {
  const head = [
    "workload",
    "server",
    "per second (min-max)",
    "p50 ms",
    "p99 ms",
    "max ms",
    "CPU s per 100,000",
    "peak MB",
    "stall ms (own)",
    "also",
  ];
  return textTable(
    head,
    rows.map(({ workload, server, median, min, max }) => [
      workload,
      server,
      median.perSecond === undefined
        ? ""
        : `${figure(median.perSecond)} (${figure(min.perSecond!)}-${figure(max.perSecond!)})`,
      figure(median.p50Ms),
      figure(median.p99Ms),
      figure(median.maxMs),
      figure(median.cpuPer100k),
      figure(median.peakMb),
      median.stallMs === undefined ? "" : `${figure(median.stallMs)} (${figure(median.ownStallMs)})`,
      also(median, max),
    ]),
  );
}

function also(median: Figures, max: Figures): string {
  const parts = [
    median.bytesPerNode === undefined ? "" : `${figure(median.bytesPerNode)} bytes a node`,
    median.startSeconds === undefined ? "" : `answers after ${figure(median.startSeconds)} s`,
    median.idlePercent === undefined ? "" : `${figure(median.idlePercent)} % of a core`,
    median.heartbeatsPerSecond === undefined
      ? ""
      : `${figure(median.heartbeatsPerSecond)} heartbeats a second`,
    median.memoryMb === undefined ? "" : `${figure(median.memoryMb)} MB`,
    median.writesPerSecond === undefined ? "" : `${figure(median.writesPerSecond)} writes a second`,
    (max.failures ?? 0) === 0 ? "" : `FAILED: ${max.failures} in a round`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Three digits are all that a measurement is worth. */
export function figure(value: number | undefined): string {
  if (value === undefined) return "";
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
