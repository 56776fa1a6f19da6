import { clientVerb } from "../client-verb.ts";

/** Lists children. */
export const ls = clientVerb({
  name: "ls",
  args: [{ name: "PATH", kind: "path", optional: true }],
  flags: {
    stat: { kind: "switch", short: "s", help: "With what is known of each child." },
  },
  about: "Lists the children of a node by name; those of / by default.",
  example: "corral ls /",
  grpcurl: `-plaintext -d '{"path":"/"}' localhost:7181 corral.v1.Coordination/List`,
  async run({ words: [path = "/"], flags, client, out, timeoutMs }) {
    await out.many(client.list(path, { withStats: flags.stat, timeoutMs }), ({ name }) => name);
    return 0;
  },
});
