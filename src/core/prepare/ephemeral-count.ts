import { ephemeralsPerSessionMax } from "../../limits.ts";
import type { Refusal } from "../refusal.ts";
import type { StateReader } from "../state.ts";
import { tooManyEphemerals } from "./refusals.ts";

/** Whether a session may own one ephemeral node more. */
export function checkEphemeralCount(sessionId: number, state: StateReader): Refusal | undefined {
  // Counting is work for the length of the list, so the cheap bound goes first.
  if (state.ephemeralCountMax(sessionId) < ephemeralsPerSessionMax) return undefined;
  return state.ephemeralCount(sessionId) < ephemeralsPerSessionMax ? undefined : tooManyEphemerals;
}
