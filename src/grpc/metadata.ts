import type { Metadata } from "@grpc/grpc-js";
import { anonymous, type Caller } from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";

/** The metadata key whose value is the token of the session that acts. */
export const sessionKey = "corral-session";

/** Who makes a call. @throws Refused SESSION_EXPIRED for a token that stands for no open session. */
export function callerOf(metadata: Metadata, engine: Engine): Caller {
  const token = metadata.get(sessionKey)[0];
  if (token === undefined) return anonymous;
  // HTTP/2 in Node joins the values of a repeated header with commas, and no token contains one.
  if (token.includes(",")) throw new Refused(severalSessions);
  return { sessionId: engine.authenticate(String(token)).id };
}

const severalSessions = {
  reason: "BAD_ARGUMENTS",
  message: `a call acts for one session, but its metadata has several values of ${sessionKey}`,
  field: sessionKey,
} as const;
