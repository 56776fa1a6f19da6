import type { Client } from "../../client/index.ts";
import { type Call, clientVerb } from "../client-verb.ts";
import type { FlagSpecs } from "../flags.ts";

type Bounds = Pick<Call<FlagSpecs>, "timeoutMs" | "signal">;

/** Lists ephemeral nodes. */
export const ephemerals = clientVerb({
  name: "ephemerals",
  args: [{ name: "PATH", kind: "path", orHere: true, unless: "session" }],
  flags: {
    session: {
      kind: "number",
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      short: "s",
      value: "ID",
      help: "Only those of this session.",
    },
  },
  about:
    "Prints the ephemeral nodes at and below PATH, / by default, and the ids of the sessions that own them.\n" +
    "--session without PATH reads no tree: the server knows what a session owns. It takes ADMIN on /.",
  example: "corral ephemerals",
  grpcurl: `-plaintext -d '{"path":"/","with_stats":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ flags: { session }, words: [path], client, out, timeoutMs, signal }) {
    const bounds = { timeoutMs, signal };
    const found =
      path === undefined ? ownedBy(session!, client, bounds) : foundBelow(path, session, client, bounds);
    await out.table(found, [
      { title: "session", of: (node) => node.sessionId },
      { title: "path", of: (node) => node.path },
    ]);
    return 0;
  },
});

async function* ownedBy(session: number, client: Client, bounds: Bounds) {
  for await (const path of client.admin.ephemeralsOf(session, bounds)) yield { path, sessionId: session };
}

async function* foundBelow(below: string, wanted: number | undefined, client: Client, bounds: Bounds) {
  for await (const { path, stat } of client.scan(below, { withStats: true, ...bounds })) {
    const sessionId = stat?.ephemeralOwner ?? 0;
    if (sessionId !== 0 && sessionId === (wanted ?? sessionId)) yield { path, sessionId };
  }
}
