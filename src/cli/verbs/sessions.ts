import { clientVerb } from "../client-verb.ts";

/** Lists sessions by what they own. */
export const sessions = clientVerb({
  name: "sessions",
  args: [],
  flags: {},
  about: "Prints the sessions that own ephemeral nodes, and how many. (Sessions without any are not told.)",
  example: "corral sessions",
  grpcurl: `-plaintext -d '{"path":"/","with_stats":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ client, out, timeoutMs, signal }) {
    const counts = new Map<number, number>();
    for await (const { stat } of client.scan("/", { withStats: true, timeoutMs, signal })) {
      const session = stat?.ephemeralOwner ?? 0;
      if (session !== 0) counts.set(session, (counts.get(session) ?? 0) + 1);
    }
    const rows = [...counts].map(([session, nodes]) => ({ session, nodes }));
    await out.table(
      rows.sort((a, b) => a.session - b.session),
      [
        { title: "session", of: ({ session }) => session },
        { title: "ephemerals", of: ({ nodes }) => nodes },
      ],
    );
    return 0;
  },
});
