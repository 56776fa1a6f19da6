import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../core/identity.ts";
import { anonymous, type Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import { parseToken } from "../core/session.ts";
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
  /** Of the session: proves, once that has ended, that a request was its own. */
  readonly sessionSecret?: string;
  /** The session has ended or never was. Nothing may be done; only what was done before it ended is answered again. */
  readonly isFormer?: true;
}

/**
 * Who makes a call. With `answersRetries`, a call with a request id may come from a session that has ended.
 * @throws Refused AUTH_FAILED, AUTHENTICATION_REQUIRED; SESSION_EXPIRED for a token that stands
 * for no open session; BAD_ARGUMENTS.
 */
export function callerOf(
  call: IncomingCall,
  {
    engine,
    authenticator,
    answersRetries = false,
  }: { readonly engine: Engine; readonly authenticator: Authenticator; readonly answersRetries?: boolean },
): RpcCaller | Promise<RpcCaller> {
  const { connection } = call;
  const { address } = connection;
  const caller = (identities: readonly Identity[]): RpcCaller => {
    const requestId = call.metadata(requestIdKey);
    const token = call.metadata(sessionKey);
    const former = answersRetries && requestId !== undefined ? formerSession(token, engine) : undefined;
    if (former !== undefined) {
      const requestKey = requestKeyOf(requestId!, { sessionId: former.id });
      return { identities, address, requestKey, sessionSecret: former.secret, isFormer: true };
    }
    const acting = { identities, address, ...sessionOf(token, identities, engine) };
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

function sessionOf(
  token: string | undefined,
  identities: readonly Identity[],
  engine: Engine,
): Pick<RpcCaller, "sessionId" | "sessionSecret"> {
  if (token === undefined) return anonymous;
  // The values of a repeated key are joined by commas, and no token contains one.
  if (token.includes(",")) throw new Refused(severalSessions);
  const { id: sessionId, secret: sessionSecret } = engine.authenticate(token, identities);
  return { sessionId, sessionSecret };
}

/** What a token claims, when no session of this id is open nor can be in future. */
function formerSession(
  token: string | undefined,
  { tree }: Engine,
): { readonly id: number; readonly secret: string } | undefined {
  const claimed = token === undefined ? undefined : parseToken(token);
  // The session of a zxid that is not visible yet may wait for the disk.
  if (claimed === undefined || claimed.id > tree.zxid) return undefined;
  return tree.session(claimed.id) === undefined ? claimed : undefined;
}

const severalSessions: Refusal = {
  reason: "BAD_ARGUMENTS",
  message: `a call acts for one session, but its metadata has several values of ${sessionKey}`,
  field: sessionKey,
};
