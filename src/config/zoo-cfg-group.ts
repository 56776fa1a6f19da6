/** Keys that Corral does not use, for one reason. */
export interface KeyGroup {
  /** Whole keys, or with a final * the beginnings of keys. */
  readonly keys: readonly string[];
  readonly reason: string;
}

/** The group that names the key whole, or else one that names a beginning of it. */
export function groupOf<G extends KeyGroup>(groups: readonly G[], key: string): G | undefined {
  return (
    groups.find(({ keys }) => keys.includes(key)) ??
    groups.find(({ keys }) => keys.some((one) => one.endsWith("*") && key.startsWith(one.slice(0, -1))))
  );
}
