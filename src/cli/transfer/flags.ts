import { UsageError } from "../../config/usage-error.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";
import type { WhenThere } from "./plant.ts";

/** The flags of verbs that write a subtree. */
export const plantFlags = {
  overwrite: { kind: "switch", help: "Set the data, and the access control lists, of nodes that are there." },
  skipExisting: { kind: "switch", help: "Leave nodes that are there as they are." },
  parents: { kind: "switch", short: "p", help: "Create what is missing above the top." },
  noAcl: { kind: "switch", help: "Do without access control lists: everybody may do everything." },
} as const satisfies FlagSpecs;

/** The flag of verbs that write a file. */
export const forceFlag = {
  force: { kind: "switch", help: "Replace FILE if it is there." },
} as const satisfies FlagSpecs;

export function whenThereOf({ overwrite, skipExisting }: FlagValues<typeof plantFlags>): WhenThere {
  if (overwrite && skipExisting) throw new UsageError("--overwrite and --skip-existing exclude each other");
  return overwrite ? "overwrite" : skipExisting ? "skip" : "fail";
}
