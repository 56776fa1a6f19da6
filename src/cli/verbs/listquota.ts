import { clientVerb } from "../client-verb.ts";
import { limitsPathOf, parseQuota, type Quota, statsPathOf } from "../quota.ts";

/** Shows a quota. */
export const listquota = clientVerb({
  name: "listquota",
  args: [{ name: "PATH", kind: "path" }],
  flags: {},
  about: "Prints the quota of a node, and what is used of it where the server counts that.",
  example: "corral listquota /sl",
  grpcurl: `-plaintext -d '{"path":"/zookeeper/quota/sl/zookeeper_limits","as_text":true}' localhost:7181 corral.v1.Coordination/Get`,
  async run({ words: [path = ""], client, out, timeoutMs, signal }) {
    const limits = parseQuota((await client.get(limitsPathOf(path), { timeoutMs, signal })).text);
    const hasStats = (await client.exists(statsPathOf(path), { timeoutMs, signal })) !== undefined;
    const stats = hasStats && (await client.get(statsPathOf(path), { timeoutMs, signal })).text;
    const used = stats === false ? undefined : parseQuota(stats);
    out.one({ path, limits, used: used && { count: used.count, bytes: used.bytes } }, () =>
      [
        `nodes ${limitText(limits.count, limits.countHardLimit)}${used ? `, used ${used.count}` : ""}`,
        `bytes ${limitText(limits.bytes, limits.byteHardLimit)}${used ? `, used ${used.bytes}` : ""}`,
      ].join("\n"),
    );
    return 0;
  },
});

function limitText(soft: Quota["count"], hard: Quota["count"]): string {
  const limits = [soft < 0 ? [] : `warn at ${soft}`, hard < 0 ? [] : `refuse at ${hard}`].flat();
  return limits.join(", ") || "unlimited";
}
