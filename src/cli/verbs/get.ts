import type { NodeValue, ScannedNode } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { type Call, clientVerb } from "../client-verb.ts";
import { dataText, dataValue, hexDump } from "../data.ts";
import type { FlagSpecs, FlagValues } from "../flags.ts";
import type { Output } from "../output.ts";
import { statText } from "../stat-text.ts";
import { watchFlag, watchOnce } from "../watch-text.ts";

const formFlags = {
  stat: { kind: "switch", short: "s", help: "With what is known of the node." },
  base64: { kind: "switch", short: "b", help: "Print the data in base64." },
  hex: { kind: "switch", short: "x", help: "Print a dump of the bytes." },
  raw: { kind: "switch", short: "r", help: "Print the bytes as they are, and nothing after them." },
} as const satisfies FlagSpecs;

/** Reads nodes. */
export const get = clientVerb({
  name: "get",
  args: [{ name: "PATH", kind: "path", rest: true }],
  flags: {
    ...formFlags,
    recursive: {
      kind: "switch",
      short: "R",
      help: "The node and everything below it, as it is at one moment.",
    },
    ...watchFlag,
  },
  about: [
    "Prints the data of a node: as text, or as a dump if they are none. Of several nodes, each with its path before it:",
    "all of them, or none if one is not there.",
  ].join("\n"),
  example: "corral get /sl",
  grpcurl: `-plaintext -d '{"path":"/sl","as_text":true}' localhost:7181 corral.v1.Coordination/Get`,
  async run(call) {
    const { flags, words, client, out, timeoutMs, signal } = call;
    const [path = ""] = words;
    if (words.length > 1 || flags.recursive) {
      if (flags.watch) throw new UsageError("get: --watch is for one node; `watch PATH` follows a subtree");
      return await getMany(call, flags.recursive === true);
    }
    const node = await client.get(path, { timeoutMs, signal });
    if (flags.raw) out.raw(node.data);
    else out.one(factsOf(node, flags), () => textOf(node, flags, out));
    if (flags.watch) await watchOnce(call, path, "data", node.zxid);
    return 0;
  },
});

type Read = Pick<NodeValue, "path" | "data" | "stat" | "zxid">;
type Form = FlagValues<typeof formFlags>;

async function getMany(call: Call<typeof formFlags>, recursive: boolean): Promise<number> {
  const { flags, words, client, out, timeoutMs, signal } = call;
  const options = { timeoutMs, signal };
  const nodes = (async function* (): AsyncGenerator<Read> {
    if (!recursive) yield* await Promise.all(words.map((path) => client.get(path, options)));
    else
      for (const path of words)
        yield* scanned(client.scan(path, { ...options, withData: true, withStats: true }));
  })();
  if (flags.raw) for await (const { data } of nodes) out.raw(data);
  else if (out.format !== "table") await out.many(values(nodes, flags), () => "");
  else {
    for await (const node of nodes) {
      const text = textOf(node, flags, out);
      out.line(`${out.bright(out.part(node.path))}:${text.includes("\n") ? "\n" : " "}${text}`.trimEnd());
    }
  }
  return 0;
}

async function* scanned(nodes: AsyncIterable<ScannedNode>): AsyncGenerator<Read> {
  for await (const { path, data, stat, zxid } of nodes)
    if (stat !== undefined) yield { path, data, stat, zxid };
}

async function* values(nodes: AsyncIterable<Read>, flags: Form): AsyncGenerator<object> {
  for await (const node of nodes) yield factsOf(node, flags);
}

function factsOf({ path, data, stat, zxid }: Read, flags: Form): object {
  return { path, ...(flags.base64 ? { base64: base64Of(data) } : dataValue(data)), stat, zxid };
}

function textOf({ data, stat }: Read, flags: Form, out: Output): string {
  const text = flags.base64 ? base64Of(data) : flags.hex ? hexDump(data) : dataText(data, out);
  return flags.stat ? `${text}\n${out.dim(statText(stat))}` : text;
}

function base64Of(data: Uint8Array): string {
  return Buffer.from(data).toString("base64");
}
