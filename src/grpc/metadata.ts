import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../core/identity.ts";
import { anonymous, type Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import { requestIdCharsMax, sessionlessRequestIdCharsMin } from "../limits.ts";
import type { IncomingCall } from "./adapter/environment.ts";
import { badArgument } from "./convert.ts";

/** The metadata key whose value is the token of the session that acts. */
export const sessionKey = "corral-session";

/** That of the credentials of who acts. */
const authorizationKey = "authorization";

/** The metadata key of the id that makes a write safe to retry. */
export const requestIdKey = "corral-request-id";

/** Who makes a call. */
export interface RpcCaller extends Caller {
  /** The id of the call, and whose it is: those of one session mean nothing to another. */
  readonly requestKey?: string;
}

/**
 * Who makes a call. @throws Refused AUTH_FAILED, AUTHENTICATION_REQUIRED; SESSION_EXPIRED for a token that stands
 * for no open session; BAD_ARGUMENTS.
 */
export function callerOf(
  call: IncomingCall,
  { engine, authenticator }: { readonly engine: Engine; readonly authenticator: Authenticator },
): RpcCaller | Promise<RpcCaller> {
  const { connection } = call;
  if (connection === undefined) throw new Refused(disconnected);
  const { address } = connection;
  const caller = (identities: readonly Identity[]): RpcCaller => {
    const acting = { identities, address, ...sessionOf(call, engine) };
    const requestId = call.metadata(requestIdKey);
    if (requestId === undefined) return acting;
    return { ...acting, requestKey: requestKeyOf(requestId, acting) };
  };
  const identities = authenticator.identify(connection, call.metadata(authorizationKey));
  return identities instanceof Promise ? identities.then(caller) : caller(identities);
}

/**
 * What a request is remembered under. @throws Refused BAD_ARGUMENTS
 * @param field where the id was given.
 */
export function requestKeyOf(id: string, { sessionId }: Caller, field = requestIdKey): string {
  if (!/^[\w.:-]+$/.test(id) || id.length > requestIdCharsMax) {
    throw badArgument(field, `a request id has 1 to ${requestIdCharsMax} of the characters A-Za-z0-9._:-`);
  }
  if (sessionId === undefined && id.length < sessionlessRequestIdCharsMin) {
    const rule = `at least ${sessionlessRequestIdCharsMin} characters, chosen at random`;
    throw badArgument(field, `without a session, a request id needs ${rule}`);
  }
  return sessionId === undefined ? `/${id}` : `${sessionId}/${id}`;
}

function sessionOf(call: IncomingCall, engine: Engine): Pick<Caller, "sessionId"> {
  const token = call.metadata(sessionKey);
  if (token === undefined) return anonymous;
  // HTTP/2 in Node joins the values of a repeated header with commas, and no token contains one.
  if (token.includes(",")) throw new Refused(severalSessions);
  return { sessionId: engine.authenticate(token).id };
}

const severalSessions: Refusal = {
  reason: "BAD_ARGUMENTS",
  message: `a call acts for one session, but its metadata has several values of ${sessionKey}`,
  field: sessionKey,
};

/** Nobody will read it. */
const disconnected: Refusal = { reason: "AUTH_FAILED", message: "the connection is closed" };
