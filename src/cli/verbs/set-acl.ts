import { parseAcl } from "../acl-text.ts";
import { clientVerb } from "../client-verb.ts";

/** Sets an access control list. */
export const setAcl = clientVerb({
  name: "setAcl",
  args: [{ name: "PATH", kind: "path" }, { name: "ACL" }],
  flags: {
    version: { kind: "number", min: -1, short: "v", help: "Only if the list has this version." },
    recursive: { kind: "switch", short: "R", help: "For everything below too." },
  },
  about:
    "Says who may do what with a node: scheme:id:permissions with commas between them, such as\nworld:anyone:r,auth::cdrwa. `auth` is who you are; `corral whoami` tells.",
  example: "corral setAcl /sl world:anyone:cdrwa",
  grpcurl: `-plaintext -d '{"path":"/sl","acl":[{"identity":{"scheme":"world","id":"anyone"},"permissions":["PERMISSION_ALL"]}]}' localhost:7181 corral.v1.Coordination/SetAcl`,
  async run({ flags, words: [path = "", acl = ""], client, out, timeoutMs, signal }) {
    const { version: aversion, recursive } = flags;
    const written = await client.setAcl(path, parseAcl(acl), { aversion, recursive, timeoutMs, signal });
    out.one(written, () => `version ${written.stat.aversion}`);
    return 0;
  },
});
