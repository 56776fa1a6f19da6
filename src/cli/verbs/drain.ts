import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { type Call, clientVerb } from "../client-verb.ts";
import { failureAfter } from "../failure.ts";
import type { FlagSpecs } from "../flags.ts";
import { drainPollMs } from "../limits.ts";
import { amount } from "../transfer/report.ts";

/** Lets a server run empty. */
export const drain = clientVerb({
  name: "drain",
  args: [],
  flags: {
    off: { kind: "switch", help: "Take new sessions again." },
    wait: {
      kind: "switch",
      short: "w",
      help: "Wait until the last session is gone, however long that takes.",
    },
  },
  about:
    "Lets the server refuse new sessions, and tell health checks that it does not serve, so that clients go\n" +
    "elsewhere; open sessions go on. A server that starts takes sessions again. It takes ADMIN on /.",
  example: "corral drain",
  grpcurl: `-plaintext -d '{"draining":true}' localhost:7181 corral.v1.Admin/SetDraining`,
  async run({ flags, client, out, io, timeoutMs, signal }) {
    if (flags.off && flags.wait) throw new UsageError("give --off or --wait, not both");
    const bounds = { timeoutMs, signal };
    const { draining, sessions, connections } = await client.admin.setDraining(!flags.off, bounds);
    if (flags.wait) {
      await untilEmpty(client, { ...bounds, progress: io.progress });
      out.one({ draining, sessions: 0 }, () => "drained: no session is left");
      return 0;
    }
    const state = draining ? "draining" : "not draining";
    out.one(
      { draining, sessions, connections },
      () => `${state}: ${amount(sessions, "session")}, ${amount(connections, "connection")}`,
    );
    return 0;
  },
});

/** A session of this client's own, that of the shell, does not count. */
async function untilEmpty(
  client: Client,
  options: Pick<Call<FlagSpecs>, "timeoutMs" | "signal"> & { readonly progress: (text: string) => void },
): Promise<void> {
  const { timeoutMs, signal, progress } = options;
  let left = "";
  try {
    for (;;) {
      const sessions = await client.admin.countSessions({ timeoutMs, signal });
      const others = sessions - (client.session === undefined ? 0 : 1);
      if (others <= 0) break;
      left = `${amount(others, "session")} left`;
      progress(left);
      // An abort rejects with an error of its own.
      await wait(drainPollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  } catch (error) {
    throw failureAfter(error, signal, [
      ...(left === "" ? [] : [left]),
      "the server drains until `drain --off`",
    ]);
  } finally {
    progress("");
  }
}
