import type { Stat } from "../client/index.ts";

/** A Stat for people: one fact to a line. */
export function statText(stat: Stat): string {
  const { ctimeMs, mtimeMs, ttlMs, ...others } = stat;
  const facts: [string, string | number][] = [
    ...Object.entries(others),
    ["created", time(ctimeMs)],
    ["modified", time(mtimeMs)],
    ...(ttlMs === 0 ? [] : [["ttlMs", ttlMs] as [string, number]]),
  ];
  return facts.map(([name, value]) => `${name.padEnd(15)} ${value}`).join("\n");
}

/** A moment in ISO 8601. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}
