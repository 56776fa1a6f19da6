import type { Caller } from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";
import type { Engine } from "../engine/engine.ts";
import type { IncomingCall } from "./adapter/environment.ts";

/** The metadata key whose value is the token of the session that acts. */
export const sessionKey = "corral-session";

/** Who makes a call. @throws Refused SESSION_EXPIRED for a token that stands for no open session. */
export function callerOf(call: IncomingCall, engine: Engine): Caller {
  const token = call.metadata.get(sessionKey)[0];
  // HTTP/2 in Node joins the values of a repeated header with commas, and no token contains one.
  if (token?.includes(",")) throw new Refused(severalSessions);
  const sessionId = token === undefined ? undefined : engine.authenticate(String(token)).id;
  return sessionId === undefined ? new RemoteCaller(call) : new SessionCaller(call, sessionId);
}

/** Looks its address up when asked: that takes longer than the rest of a call's beginning, and few calls need it. */
class RemoteCaller implements Caller {
  readonly #call: IncomingCall;

  constructor(call: IncomingCall) {
    this.#call = call;
  }

  /** An IPv4 client counts as the same whether the socket shows it as IPv4 or mapped into IPv6. */
  get address(): string {
    return this.#call
      .getPeer()
      .replace(/^::ffff:/, "")
      .replace(/:\d+$/, "");
  }
}

class SessionCaller extends RemoteCaller implements Caller {
  readonly sessionId: number;

  constructor(call: IncomingCall, sessionId: number) {
    super(call);
    this.sessionId = sessionId;
  }
}

const severalSessions = {
  reason: "BAD_ARGUMENTS",
  message: `a call acts for one session, but its metadata has several values of ${sessionKey}`,
  field: sessionKey,
} as const;
