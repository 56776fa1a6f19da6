import type { Metadata } from "@grpc/grpc-js";
import { anonymous, type Caller } from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import { requestIdCharsMax, sessionlessRequestIdCharsMin } from "../limits.ts";
import { badArgument } from "./convert.ts";

/** The metadata key whose value is the token of the session that acts. */
export const sessionKey = "corral-session";

/** The metadata key of the id that makes a write safe to retry. */
export const requestIdKey = "corral-request-id";

/** Who makes a call. */
export interface RpcCaller extends Caller {
  /** The id of the call, and whose it is: those of one session mean nothing to another. */
  readonly requestKey?: string;
}

/** @throws Refused SESSION_EXPIRED for a token that stands for no open session; BAD_ARGUMENTS. */
export function callerOf(metadata: Metadata, engine: Engine): RpcCaller {
  const caller = sessionOf(metadata, engine);
  const requestId = metadata.get(requestIdKey)[0];
  if (requestId === undefined) return caller;
  return { ...caller, requestKey: requestKeyOf(String(requestId), caller) };
}

function requestKeyOf(id: string, { sessionId }: Caller): string {
  if (!/^[\w.:-]+$/.test(id) || id.length > requestIdCharsMax) {
    throw badArgument(
      requestIdKey,
      `a request id has 1 to ${requestIdCharsMax} of the characters A-Za-z0-9._:-`,
    );
  }
  if (sessionId === undefined && id.length < sessionlessRequestIdCharsMin) {
    const rule = `at least ${sessionlessRequestIdCharsMin} characters, chosen at random`;
    throw badArgument(requestIdKey, `without a session, a request id needs ${rule}`);
  }
  return sessionId === undefined ? `/${id}` : `${sessionId}/${id}`;
}

function sessionOf(metadata: Metadata, engine: Engine): Caller {
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
