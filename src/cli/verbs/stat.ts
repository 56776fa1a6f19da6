import { clientVerb } from "../client-verb.ts";
import { exitCodes, Failure } from "../failure.ts";
import { statText } from "../stat-text.ts";
import { watchFlag, watchOnce } from "../watch-text.ts";

/** Shows a Stat. */
export const stat = clientVerb({
  name: "stat",
  args: [{ name: "PATH", kind: "path" }],
  flags: watchFlag,
  about: "Prints what is known of a node beside its data. With -w the node may be missing: wait for it.",
  example: "corral stat /sl",
  grpcurl: `-plaintext -d '{"path":"/sl"}' localhost:7181 corral.v1.Coordination/Exists`,
  async run(call) {
    const { flags, client, out, timeoutMs, signal } = call;
    const [path = ""] = call.words;
    const { stat: found, zxid } = await client.look(path, { timeoutMs, signal });
    if (found !== undefined) out.one({ path, stat: found, zxid }, () => statText(found));
    else if (!flags.watch) throw new Failure(`no node: there is no node at ${path}`, exitCodes.notFound);
    if (flags.watch) await watchOnce(call, path, "exists", zxid);
    return 0;
  },
});
