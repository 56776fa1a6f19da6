import { clientVerb } from "../client-verb.ts";
import { deleteQuota, limitsPathOf, parseQuota, quotaFlagsOf, quotaText } from "../quota.ts";

/** Deletes a quota. */
export const delquota = clientVerb({
  name: "delquota",
  args: [{ name: "PATH", kind: "path" }],
  flags: quotaFlagsOf("switch"),
  about: "Takes the quota from a node: the limits that are named, or all of it.",
  example: "corral delquota /sl",
  grpcurl: `-plaintext -d '{"path":"/zookeeper/quota/sl/zookeeper_limits"}' localhost:7181 corral.v1.Coordination/Delete`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const bounds = { timeoutMs, signal };
    const { text, stat } = await client.get(limitsPathOf(path), bounds);
    const gone = Object.fromEntries(Object.keys(flags).map((name) => [name, -1]));
    const quota = { ...parseQuota(text), ...gone };
    const isOver = Object.keys(flags).length === 0 || Object.values(quota).every((limit) => limit < 0);
    if (isOver) await deleteQuota(client, path, stat.version, bounds);
    else await client.set(limitsPathOf(path), quotaText(quota), { version: stat.version, ...bounds });
    out.one({ path, limits: isOver ? undefined : quota }, () => (isOver ? "no quota" : quotaText(quota)));
    return 0;
  },
});
