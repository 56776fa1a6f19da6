import { clientVerb } from "../client-verb.ts";

/** Waits for writes. */
export const sync = clientVerb({
  name: "sync",
  args: [{ name: "PATH", kind: "path", orHere: true }],
  flags: {},
  about:
    "Waits for every write that reached the server before, and prints the zxid that every later read shows.",
  example: "corral sync",
  grpcurl: "-plaintext localhost:7181 corral.v1.Coordination/Sync",
  async run({ client, out, timeoutMs, signal }) {
    const zxid = await client.sync({ timeoutMs, signal });
    out.one({ zxid }, () => `zxid ${zxid}`);
    return 0;
  },
});
