import { clientVerb } from "../client-verb.ts";
import { numberIn } from "../flags.ts";

/** Ends a session. */
export const expire = clientVerb({
  name: "expire",
  args: [{ name: "ID" }],
  flags: {},
  about:
    "Ends a session as if it had expired: its ephemeral nodes go, and its client is told. `corral sessions` shows\n" +
    "the ids. A client that is alive opens another session: stop it first. It takes ADMIN on /.",
  example: "corral expire 3",
  grpcurl: `-plaintext -d '{"session_id":3}' localhost:7181 corral.v1.Admin/ExpireSession`,
  async run({ words: [id = ""], client, out, timeoutMs, signal }) {
    const sessionId = numberIn(id, "ID", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const zxid = await client.admin.expireSession(sessionId, { timeoutMs, signal });
    out.one({ sessionId, zxid }, () => `expired ${sessionId}`);
    return 0;
  },
});
