import { clientVerb } from "../client-verb.ts";
import { dataText, dataValue, hexDump } from "../data.ts";
import { statText } from "../stat-text.ts";
import { watchFlag, watchOnce } from "../watch-text.ts";

/** Reads a node. */
export const get = clientVerb({
  name: "get",
  args: [{ name: "PATH", kind: "path" }],
  flags: {
    stat: { kind: "switch", short: "s", help: "With what is known of the node." },
    base64: { kind: "switch", short: "b", help: "Print the data in base64." },
    hex: { kind: "switch", short: "x", help: "Print a dump of the bytes." },
    raw: { kind: "switch", short: "r", help: "Print the bytes as they are, and nothing after them." },
    ...watchFlag,
  },
  about: "Prints the data of a node: as text, or as a dump if they are none.",
  example: "corral get /sl",
  grpcurl: `-plaintext -d '{"path":"/sl","as_text":true}' localhost:7181 corral.v1.Coordination/Get`,
  async run(call) {
    const { flags, client, out, timeoutMs, signal } = call;
    const [path = ""] = call.words;
    const { data, stat, zxid } = await client.get(path, { timeoutMs, signal });
    if (flags.raw) out.raw(data);
    else {
      const base64 = () => Buffer.from(data).toString("base64");
      const value = flags.base64 ? { base64: base64() } : dataValue(data);
      out.one({ path, ...value, stat, zxid }, () => {
        const text = flags.base64 ? base64() : flags.hex ? hexDump(data) : dataText(data, out);
        return flags.stat ? `${text}\n${out.dim(statText(stat))}` : text;
      });
    }
    if (flags.watch) await watchOnce(call, path, "data", zxid);
    return 0;
  },
});
