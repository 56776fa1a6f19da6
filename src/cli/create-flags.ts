import type { CreateMode } from "../client/index.ts";
import { UsageError } from "../config/usage-error.ts";
import type { FlagSpecs, FlagValues } from "./flags.ts";

/** How a node is created, alone or in a transaction. */
export const createFlags = {
  sequential: { kind: "switch", short: "s", help: "Append a number to the name." },
  container: { kind: "switch", short: "c", help: "It goes with its last child." },
  ttl: {
    kind: "duration",
    short: "t",
    value: "TIME",
    help: "It goes when it was not set for so long, such as 90s or 1d; a bare number is milliseconds.",
  },
  parents: { kind: "switch", short: "p", help: "Create missing parents too." },
} as const satisfies FlagSpecs;

/** @throws UsageError for flags that exclude each other */
export function modeIn({ sequential, container, ttl }: FlagValues<typeof createFlags>): CreateMode {
  if (container) {
    if (sequential || ttl !== undefined)
      throw new UsageError("--container goes with neither --sequential nor --ttl");
    return "container";
  }
  if (ttl !== undefined) return sequential ? "persistentSequentialWithTtl" : "persistentWithTtl";
  return sequential ? "persistentSequential" : "persistent";
}
