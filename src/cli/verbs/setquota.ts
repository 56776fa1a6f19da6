import { isCorralError } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";
import { exitCodes, Failure } from "../failure.ts";
import { limitsPathOf, noQuota, parseQuota, quotaFlagsOf, quotaText } from "../quota.ts";

/** Sets a quota. */
export const setquota = clientVerb({
  name: "setquota",
  args: [{ name: "PATH", kind: "path" }],
  flags: quotaFlagsOf("number"),
  about: "Limits how much there may be at and below a node. Limits that are not given stay as they are.",
  example: "corral setquota -n 100 /sl",
  grpcurl: `-plaintext -d '{"path":"/zookeeper/quota/sl/zookeeper_limits","text":"count=100,bytes=-1=;byteHardLimit=-1;countHardLimit=-1","parents":"CREATE_PARENTS_PERSISTENT","if_exists":"IF_EXISTS_SET"}' localhost:7181 corral.v1.Coordination/Create`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const bounds = { timeoutMs, signal };
    if (Object.values(flags).length === 0) throw new UsageError("setquota: give one of -n, -b, -N and -B");
    if ((await client.exists(path, bounds)) === undefined)
      throw new Failure(`no node: there is no node at ${path}`, exitCodes.notFound);
    const limits = limitsPathOf(path);
    for (;;) {
      const old = await client.get(limits, bounds).catch((error) => {
        if (isCorralError(error, "NO_NODE")) return undefined;
        throw error;
      });
      const quota = { ...(old === undefined ? noQuota : parseQuota(old.text)), ...flags };
      try {
        if (old === undefined) await client.create(limits, quotaText(quota), { parents: true, ...bounds });
        else await client.set(limits, quotaText(quota), { version: old.stat.version, ...bounds });
      } catch (error) {
        // Somebody else set it meanwhile: what he set is kept.
        if (isCorralError(error, "NODE_EXISTS", "BAD_VERSION")) continue;
        throw error;
      }
      out.one({ path, limits: quota }, () => quotaText(quota));
      return 0;
    }
  },
});
