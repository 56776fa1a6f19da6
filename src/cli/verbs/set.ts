import { UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";
import { dataFlags, dataGiven } from "../data.ts";

/** Replaces data. */
export const set = clientVerb({
  name: "set",
  args: [
    { name: "PATH", kind: "path" },
    { name: "DATA", optional: true },
  ],
  flags: {
    version: { kind: "number", min: -1, short: "v", help: "Only if the node has this version." },
    ...dataFlags,
  },
  about: "Replaces the data of a node and prints its new version.",
  example: "corral set /sl 30",
  grpcurl: `-plaintext -d '{"path":"/sl","text":"30"}' localhost:7181 corral.v1.Coordination/Set`,
  async run({ flags, words: [path = "", word], client, out, io, timeoutMs, signal }) {
    const data = await dataGiven(word, flags, io);
    if (data === undefined) throw new UsageError('set: DATA is missing; "" empties the node');
    const written = await client.set(path, data, { version: flags.version, timeoutMs, signal });
    out.one(written, () => `version ${written.stat.version}`);
    return 0;
  },
});
