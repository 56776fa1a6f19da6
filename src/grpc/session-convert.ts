import type { MessageInitShape } from "@bufbuild/protobuf";
import { type SessionInfoSchema, SessionState } from "../../gen/ts/corral/v1/admin_pb.js";
import { masked } from "../core/identity.ts";
import type { SessionView } from "../engine/session-keeper.ts";
import { zxidMax } from "../limits.ts";
import { badArgument, int64 } from "./convert.ts";

const states: Readonly<Record<SessionView["state"], SessionState>> = {
  attached: SessionState.ATTACHED,
  detached: SessionState.DETACHED,
  ending: SessionState.ENDING,
};

/** A session for operators: never with its secret, nor with the hash of a password. */
export function sessionToProto(
  view: SessionView,
  ephemeralNodes: number,
): MessageInitShape<typeof SessionInfoSchema> {
  const { session, state, expiresInMs, peer, identities, watchStreams, watches } = view;
  return {
    sessionId: int64(session.id),
    owner: session.owner,
    timeoutMs: session.timeoutMs,
    state: states[state],
    expiresInMs: Math.floor(expiresInMs),
    peer,
    identities: identities.map(masked),
    ephemeralNodes,
    watchStreams,
    watches,
  };
}

/** About what that takes on the wire. */
export function sessionBytes({ session: { owner }, identities }: SessionView): number {
  return 80 + 3 * owner.length + identities.reduce((sum, { id }) => sum + 16 + 3 * id.length, 0);
}

/** The id of a session that is asked for by it. @throws Refused BAD_ARGUMENTS for what is never one. */
export function sessionIdFromProto(id: bigint, field: string, least = 1): number {
  if (id >= least && id <= zxidMax) return Number(id);
  throw badArgument(field, `the id of a session is ${least} to ${zxidMax}, not ${id}`);
}
