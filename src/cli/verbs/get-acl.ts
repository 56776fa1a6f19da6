import { aclEntryText } from "../acl-text.ts";
import { clientVerb } from "../client-verb.ts";

/** Shows an access control list. */
export const getAcl = clientVerb({
  name: "getAcl",
  args: [{ name: "PATH", kind: "path" }],
  flags: { stat: { kind: "switch", short: "s", help: "With the version of the list." } },
  about:
    "Prints who may do what with a node: scheme:id:permissions, c(reate children) d(elete children) r(ead)\nw(rite) a(dminister).",
  example: "corral getAcl /sl",
  grpcurl: `-plaintext -d '{"path":"/sl"}' localhost:7181 corral.v1.Coordination/GetAcl`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const { acl, stat, zxid } = await client.getAcl(path, { timeoutMs, signal });
    out.one({ path, acl, aversion: stat.aversion, zxid }, () =>
      [
        ...acl.map((entry) => out.part(aclEntryText(entry))),
        ...(flags.stat ? [out.dim(`version ${stat.aversion}`)] : []),
      ].join("\n"),
    );
    return 0;
  },
});
