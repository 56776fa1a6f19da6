import type { SessionInfo } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import { secondsText } from "../duration.ts";

/** Lists the open sessions. */
export const sessions = clientVerb({
  name: "sessions",
  args: [],
  flags: {
    expiring: { kind: "switch", short: "e", help: "Those that end soonest first; by id otherwise." },
    within: {
      kind: "duration",
      max: 2 ** 31 - 1,
      value: "TIME",
      help: "Only those that end within this time, such as 2s.",
    },
  },
  about:
    "Prints the open sessions: who holds each, until when it lives without a further heartbeat, and what hangs on\n" +
    "it. attached: a client holds it; detached: none does; ending: it has expired. It takes ADMIN on /.",
  example: "corral sessions --expiring",
  grpcurl: `-plaintext -d '{"limit":1000}' localhost:7181 corral.v1.Admin/ListSessions`,
  async run({ flags, client, out, timeoutMs, signal }) {
    const found = client.admin.sessions({ endingWithinMs: flags.within, timeoutMs, signal });
    await out.table(flags.expiring ? await bySoonest(found) : found, [
      { title: "session", of: ({ sessionId }) => sessionId },
      { title: "state", of: ({ state }) => state },
      { title: "expires", of: ({ expiresInMs }) => secondsText(expiresInMs) },
      { title: "timeout", of: (session) => secondsText(session.timeoutMs) },
      { title: "ephemerals", of: ({ ephemeralNodes }) => ephemeralNodes },
      { title: "watches", of: ({ watches }) => watches },
      { title: "peer", of: ({ peer }) => peer || "-" },
      { title: "owner", of: ({ owner }) => owner },
    ]);
    return 0;
  },
});

async function bySoonest(sessions: AsyncIterable<SessionInfo>): Promise<SessionInfo[]> {
  const all: SessionInfo[] = [];
  for await (const session of sessions) all.push(session);
  return all.sort((a, b) => a.expiresInMs - b.expiresInMs);
}
