import type { Authenticator } from "../auth/authenticator.ts";
import type { Identity } from "../core/identity.ts";
import type { Caller } from "../core/operation.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import type { IncomingCall } from "./adapter/environment.ts";
import type { CallAuthContext } from "./connections.ts";

/** The metadata key whose value is the token of the session that acts. */
export const sessionKey = "corral-session";

/** That of the credentials of who acts. */
const authorizationKey = "authorization";

/**
 * Who makes a call. @throws Refused AUTH_FAILED, AUTHENTICATION_REQUIRED; SESSION_EXPIRED for a token that stands
 * for no open session.
 */
export function callerOf(
  call: IncomingCall,
  { engine, authenticator }: { readonly engine: Engine; readonly authenticator: Authenticator },
): Caller | Promise<Caller> {
  const { connection } = call.getAuthContext() as unknown as CallAuthContext;
  if (connection === undefined) throw new Refused(disconnected);
  const { metadata } = call;
  const token = metadata.get(sessionKey)[0]?.toString();
  const { address } = connection;
  const caller = (identities: readonly Identity[]): Caller =>
    token === undefined
      ? { identities, address }
      : { identities, address, sessionId: sessionOf(token, engine) };
  const identities = authenticator.identify(connection, metadata.get(authorizationKey)[0]?.toString());
  return identities instanceof Promise ? identities.then(caller) : caller(identities);
}

function sessionOf(token: string, engine: Engine): number {
  // HTTP/2 in Node joins the values of a repeated header with commas, and no token contains one.
  if (token.includes(",")) throw new Refused(severalSessions);
  return engine.authenticate(token).id;
}

const severalSessions: Refusal = {
  reason: "BAD_ARGUMENTS",
  message: `a call acts for one session, but its metadata has several values of ${sessionKey}`,
  field: sessionKey,
};

/** Nobody will read it. */
const disconnected: Refusal = { reason: "AUTH_FAILED", message: "the connection is closed" };
