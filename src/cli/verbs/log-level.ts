import type { LogLevel } from "../../client/index.ts";
import { didYouMean } from "../../config/nearest.ts";
import { shown, UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";

const levels: readonly LogLevel[] = ["error", "warn", "info", "debug"];

/** Sets how much a server logs. */
export const logLevel = clientVerb({
  name: "log-level",
  args: [{ name: "LEVEL", values: levels }],
  flags: {},
  about:
    "Sets how much the server writes to its log until it stops: error, warn, info or debug. A server that starts\n" +
    "has the level of its settings. It takes ADMIN on /.",
  example: "corral log-level debug",
  grpcurl: `-plaintext -d '{"level":"LOG_LEVEL_DEBUG"}' localhost:7181 corral.v1.Admin/SetLogLevel`,
  async run({ words: [word = ""], client, out, timeoutMs, signal }) {
    const level = levels.find((one) => one === word.toLowerCase());
    if (level === undefined) {
      const hint = didYouMean(word, levels);
      throw new UsageError(`log-level: LEVEL must be one of ${levels.join(", ")}, not ${shown(word)}${hint}`);
    }
    const previous = await client.admin.setLogLevel(level, { timeoutMs, signal });
    out.one({ level, previous }, () => `${level}, was ${previous}`);
    return 0;
  },
});
