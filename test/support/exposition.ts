import { expect } from "vitest";

/** A metric as it was scraped. */
export interface Scraped {
  readonly type: string;
  readonly help: string;
  /** The values, by their lines without the value: `name{label="text"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sampleLine = new RegExp(
  `^((${name})(?:\\{(${label}(?:,${label})*)\\})?) (\\+Inf|-Inf|NaN|-?[0-9.e+-]+)$`,
);

/**
 * Reads the text format of Prometheus, more strictly than Prometheus does: HELP, TYPE, then the values of the metric
 * and nothing else; no metric, label or value twice; histograms that add up. Fails the test for anything else.
 */
export function parseExposition(text: string): Map<string, Scraped> {
  expect(text.endsWith("\n")).toBe(true);
  const metrics = new Map<string, Scraped>();
  let current = "";
  let samples = new Map<string, number>();
  let help: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helped, helpText] = new RegExp(`^# HELP (${name}) (\\S.*)$`).exec(line) ?? [];
    const [, typed, type] =
      new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary)$`).exec(line) ?? [];
    if (helped !== undefined) {
      expect(metrics.has(helped), `${helped} twice`).toBe(false);
      current = helped;
      help = helpText;
    } else if (typed !== undefined) {
      expect([typed, help], "TYPE follows HELP").toEqual([current, expect.any(String)]);
      samples = new Map();
      metrics.set(typed, { type: type!, help: help!, samples });
      help = undefined;
    } else {
      const { key, value } = sampleIn(line, current, metrics.get(current)?.type);
      expect(samples.has(key), `${key} twice`).toBe(false);
      samples.set(key, value);
    }
  }
  for (const [metric, scraped] of metrics) if (scraped.type === "histogram") checkHistogram(metric, scraped);
  return metrics;
}

function sampleIn(line: string, metric: string, type: string | undefined): { key: string; value: number } {
  const [, key = "", of = "", labels = "", value = ""] = sampleLine.exec(line) ?? [];
  expect(key, `not a sample: ${line}`).not.toBe("");
  const suffixes = { histogram: ["_bucket", "_sum", "_count"], summary: ["_sum", "_count", ""] }[
    type ?? ""
  ] ?? [""];
  expect(
    suffixes.map((suffix) => metric + suffix),
    line,
  ).toContain(of);
  if (type === "summary") expect(of === metric, line).toBe(/\bquantile="[\d.]+"/.test(labels));
  const labelNames = [...labels.matchAll(/([a-zA-Z_]\w*)="/g)].map(([, one]) => one);
  expect(new Set(labelNames).size, line).toBe(labelNames.length);
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  if (type !== "gauge") expect(number, line).toBeGreaterThanOrEqual(0);
  return { key, value: number };
}

/** Each series of buckets rises to +Inf, which is the count. */
function checkHistogram(metric: string, { samples }: Scraped): void {
  const series = new Map<string, { bounds: number[]; counts: number[] }>();
  for (const [key, value] of samples) {
    const [, labels, bound] = /_bucket\{(.*?),?le="(.*?)"\}$/.exec(key) ?? [];
    if (labels === undefined) continue;
    const one = series.get(labels) ?? { bounds: [], counts: [] };
    series.set(labels, one);
    one.bounds.push(bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound));
    one.counts.push(value);
  }
  for (const [labels, { bounds, counts }] of series) {
    const braces = labels === "" ? "" : `{${labels}}`;
    expect(bounds.at(-1), `${metric}${braces} ends with +Inf`).toBe(Number.POSITIVE_INFINITY);
    expect(bounds, metric).toEqual(bounds.toSorted((a, b) => a - b));
    expect(counts, `${metric}${braces} rises`).toEqual(counts.toSorted((a, b) => a - b));
    expect(samples.get(`${metric}_count${braces}`), metric).toBe(counts.at(-1));
    expect(samples.get(`${metric}_sum${braces}`), metric).toBeDefined();
  }
}
