import { clientVerb } from "../client-verb.ts";

/** Lists ephemeral nodes. */
export const ephemerals = clientVerb({
  name: "ephemerals",
  args: [{ name: "PATH", kind: "path", orHere: true }],
  flags: { session: { kind: "number", short: "s", value: "ID", help: "Only those of this session." } },
  about:
    "Prints the ephemeral nodes at and below PATH, / by default, and the ids of the sessions that own them.",
  example: "corral ephemerals",
  grpcurl: `-plaintext -d '{"path":"/","with_stats":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const found = (async function* () {
      for await (const node of client.scan(path, { withStats: true, timeoutMs, signal })) {
        const session = node.stat?.ephemeralOwner ?? 0;
        if (session !== 0 && session === (flags.session ?? session)) yield { path: node.path, session };
      }
    })();
    await out.table(found, [
      { title: "session", of: ({ session }) => session },
      { title: "path", of: (node) => node.path },
    ]);
    return 0;
  },
});
