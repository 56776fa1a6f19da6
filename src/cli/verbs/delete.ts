import { clientVerb } from "../client-verb.ts";

/** Deletes a node. */
export const deleteVerb = clientVerb({
  name: "delete",
  args: [{ name: "PATH", kind: "path" }],
  flags: { version: { kind: "number", min: -1, short: "v", help: "Only if the node has this version." } },
  about: "Deletes a node that has no children.",
  example: "corral delete /sl/a",
  grpcurl: `-plaintext -d '{"path":"/sl/a"}' localhost:7181 corral.v1.Coordination/Delete`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const zxid = await client.delete(path, { version: flags.version, timeoutMs, signal });
    out.one({ path, zxid }, () => `deleted ${path}`);
    return 0;
  },
});
