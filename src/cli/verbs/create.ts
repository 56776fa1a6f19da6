import type { CreateMode } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { parseAcl } from "../acl-text.ts";
import { clientVerb } from "../client-verb.ts";
import { createFlags, modeIn } from "../create-flags.ts";
import { dataFlags, dataGiven } from "../data.ts";
import { untilTheSessionEnds } from "../hold.ts";

/** Creates a node. */
export const create = clientVerb({
  name: "create",
  args: [
    { name: "PATH", kind: "path" },
    { name: "DATA", optional: true },
    { name: "ACL", optional: true },
  ],
  flags: {
    ...createFlags,
    orSet: { kind: "switch", help: "Set the data of a node that is there already, whatever its mode." },
    ephemeral: { kind: "switch", short: "e", help: "It goes with its session, which --hold keeps." },
    hold: { kind: "switch", help: "Keep the session, and with it the node, until ctrl-C." },
    ...dataFlags,
  },
  about:
    "Creates a node and prints its path. ACL is as setAcl takes it; everybody may do everything by default.",
  example: "corral create /sl/a hello",
  grpcurl: `-plaintext -d '{"path":"/sl/a","text":"hello"}' localhost:7181 corral.v1.Coordination/Create`,
  session: ({ ephemeral }) => ephemeral ?? false,
  async run(call) {
    const { flags, client, out, io, timeoutMs, signal, background } = call;
    const [path = "", word, acl] = call.words;
    if (background === undefined && flags.ephemeral !== flags.hold)
      throw new UsageError(
        "--ephemeral and --hold go together: the node lives as long as the command holds it",
      );
    const created = await client.create(path, await dataGiven(word, flags, io), {
      mode: modeOf(flags),
      parents: flags.parents,
      ifExists: flags.orSet ? "set" : "fail",
      ttlMs: flags.ttl,
      acl: acl === undefined ? [] : parseAcl(acl),
      timeoutMs,
      signal,
    });
    out.one(created, () => out.part(created.path));
    if (flags.hold && background === undefined) await untilTheSessionEnds(client, signal);
    return 0;
  },
});

function modeOf(flags: Parameters<typeof modeIn>[0] & { readonly ephemeral?: true }): CreateMode {
  if (!flags.ephemeral) return modeIn(flags);
  if (flags.container || flags.ttl !== undefined)
    throw new UsageError("--ephemeral goes with neither --container nor --ttl");
  return flags.sequential ? "ephemeralSequential" : "ephemeral";
}
