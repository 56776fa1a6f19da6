import { anyVersion } from "../operation.ts";

/**
 * Versions wrap around 32 bits, past -1, which would mean "any": ZooKeeper 3.10 does the same
 * (ZOOKEEPER-4743); in 3.9 a node at -1 cannot be expected.
 */
export function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === anyVersion ? 0 : next;
}
