import { Histogram } from "../figures.ts";

/** The text format of Prometheus, as everything that scrapes reads it. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;

/** As much of a histogram as a summary without quantiles tells. */
export type Summary = Pick<Histogram, "sum" | "count">;

/** A value of a metric; one of a histogram is all its buckets. */
export type Sample = readonly [labels: Labels, value: number | Histogram | Summary];

type Reading = number | Histogram | Iterable<Sample>;

/** A metric: what it is called and means, and where its values are read when somebody scrapes. */
export interface Metric<Source> {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly help: string;
  readonly read: (source: Source) => Reading;
}

/** What only grows while the server runs; its name ends in `_total`. */
export function counter<Source>(
  name: string,
  help: string,
  read: (source: Source) => number | Iterable<Sample>,
): Metric<Source> {
  return { name, type: "counter", help, read };
}

/** What is so now. */
export function gauge<Source>(
  name: string,
  help: string,
  read: (source: Source) => number | Iterable<Sample>,
): Metric<Source> {
  return { name, type: "gauge", help, read };
}

/** How values are spread. */
export function histogram<Source>(
  name: string,
  help: string,
  read: (source: Source) => Histogram | Iterable<Sample>,
): Metric<Source> {
  return { name, type: "histogram", help, read };
}

/** How many values there were, and their sum; or numbers with a `quantile`, without either. */
export function summary<Source>(
  name: string,
  help: string,
  read: (source: Source) => Iterable<Sample>,
): Metric<Source> {
  return { name, type: "summary", help, read };
}

/** The metrics as text. Nothing is kept between two scrapes: each reads what the server knows anyway. */
export function expose<Source>(metrics: readonly Metric<Source>[], source: Source): string {
  return metrics.map((metric) => exposeOne(metric, source)).join("");
}

function exposeOne<Source>({ name, type, help, read }: Metric<Source>, source: Source): string {
  let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const [labels, value] of samplesOf(read(source))) {
    if (typeof value === "number") text += line(name, labels, value);
    else if (value instanceof Histogram) text += histogramLines(name, labels, value);
    else text += summaryLines(name, labels, value);
  }
  return text;
}

function samplesOf(reading: Reading): Iterable<Sample> {
  return typeof reading === "number" || reading instanceof Histogram ? [[{}, reading]] : reading;
}

function histogramLines(name: string, labels: Labels, { bounds, counts, count, sum }: Histogram): string {
  let text = "";
  let below = 0;
  for (const [at, bound] of bounds.entries()) {
    below += counts[at]!;
    text += line(`${name}_bucket`, { ...labels, le: String(bound) }, below);
  }
  text += line(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
  return text + summaryLines(name, labels, { sum, count });
}

function summaryLines(name: string, labels: Labels, { sum, count }: Summary): string {
  return line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, count);
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numeral(value)}\n`;
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
