import { ephemeralPathBytesPerSessionMax, ephemeralsPerSessionMax } from "../../limits.ts";
import { type EphemeralSum, withEphemeral } from "../ephemeral-index.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";

/** Whether a session may own one ephemeral node more, at this path. */
export function checkEphemerals(sessionId: number, path: string, state: StateReader): Refusal | undefined {
  // Counting is work for the length of the list, so the cheap bound goes first.
  if (tooMany(withEphemeral(state.ephemeralSumMax(sessionId), path, 1)) === undefined) return undefined;
  return tooMany(withEphemeral(state.ephemeralSum(sessionId), path, 1));
}

function tooMany({ count, pathBytes }: EphemeralSum): Refusal | undefined {
  if (count > ephemeralsPerSessionMax) return tooManyNodes;
  return pathBytes > ephemeralPathBytesPerSessionMax ? tooManyPathBytes : undefined;
}

const tooManyNodes: Refusal = {
  reason: "TOO_MANY_EPHEMERALS",
  message: `the session owns ${ephemeralsPerSessionMax} ephemeral nodes already; open another session`,
  facts: { limit: ephemeralsPerSessionMax },
};

const tooManyPathBytes: Refusal = {
  reason: "TOO_MANY_EPHEMERALS",
  message: `the paths of the session's ephemeral nodes would take more than ${ephemeralPathBytesPerSessionMax} bytes; open another session, or choose shorter paths`,
  facts: { limit: ephemeralPathBytesPerSessionMax },
};
