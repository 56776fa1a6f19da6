import { shown, UsageError } from "../config/usage-error.ts";
import { ttlMsMax } from "./limits.ts";

const unitsMs: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * A time as people write it, in milliseconds: `500ms`, `5s`, `2m`, `1h`, `7d`; a bare number is milliseconds.
 * At most as long as a node may live without being set, unless said otherwise. @throws UsageError
 */
export function durationMs(text: string, name: string, maxMs = ttlMsMax): number {
  const [, digits, unit = ""] = /^(\d{1,13})([a-z]*)$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  const ms = digits === undefined || unitMs === undefined ? 0 : Number(digits) * unitMs;
  if (ms <= 0) throw new UsageError(`${name} must be a time such as 500ms, 5s or 2m, not ${shown(text)}`);
  if (ms > maxMs) {
    const longest = `${Math.floor(maxMs / 86_400_000)}d`;
    throw new UsageError(`${name} can be at most ${longest}, not ${shown(text)}`);
  }
  return ms;
}

/** Milliseconds as seconds with one decimal, for people. */
export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}
