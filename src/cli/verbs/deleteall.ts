import type { Client } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import { failureAfter } from "../failure.ts";
import { batchMax } from "../limits.ts";
import { amount } from "../transfer/report.ts";

/** Deletes a subtree. */
export const deleteall = clientVerb({
  name: "deleteall",
  args: [{ name: "PATH", kind: "path" }],
  flags: {
    dryRun: { kind: "switch", short: "n", help: "Print what would be deleted, and delete nothing." },
    batch: {
      kind: "number",
      min: 1,
      max: batchMax,
      short: "b",
      help: "Not in one change but so many nodes at a time, 1 to 1000: for very many of them.",
    },
  },
  about: "Deletes a node and everything below it: all of it in one change, or nothing.",
  example: "corral deleteall /sl",
  grpcurl: `-plaintext -d '{"path":"/sl","recursive":true}' localhost:7181 corral.v1.Coordination/Delete`,
  async run({ flags, words: [path = ""], client, out, io, timeoutMs, signal }) {
    if (flags.dryRun) {
      await out.many(client.scan(path, { timeoutMs, signal }), (node) => out.part(node.path));
      return 0;
    }
    const { batch } = flags;
    const zxid =
      batch === undefined
        ? await client.delete(path, { recursive: true, timeoutMs, signal })
        : await deleteInParts(client, path, batch, { timeoutMs, signal, progress: io.progress });
    out.one({ path, zxid }, () => `deleted ${path}`);
    return 0;
  },
});

/** Children before their parents. What is created meanwhile makes it fail; it can be run again. */
async function deleteInParts(
  client: Client,
  path: string,
  batch: number,
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly progress: (text: string) => void;
  },
): Promise<number> {
  const { timeoutMs, signal, progress } = options;
  const paths: string[] = [];
  for await (const node of client.scan(path, { timeoutMs, signal })) paths.push(node.path);
  let zxid = 0;
  let left = paths.length;
  const done = () => `${paths.length - left} of ${amount(paths.length, "node")} deleted`;
  try {
    while (left > 0) {
      signal.throwIfAborted();
      const some = paths.slice(Math.max(0, left - batch), left).reverse();
      const operations = some.map((one) => ({ kind: "delete" as const, path: one }));
      // Not to be interrupted: what it did would not be known.
      ({ zxid } = await client.transact({ operations }, { timeoutMs }));
      left -= some.length;
      progress(done());
    }
  } catch (error) {
    throw failureAfter(error, signal, [done(), "to go on, run it again"]);
  }
  progress("");
  return zxid;
}
