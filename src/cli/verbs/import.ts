import { clientVerb } from "../client-verb.ts";
import { Failure } from "../failure.ts";
import { ExportFile } from "../transfer/export-file.ts";
import { plantFlags, whenThereOf } from "../transfer/flags.ts";
import { isBlanked } from "../transfer/live.ts";
import { Planter } from "../transfer/plant.ts";
import { plantedInWords } from "../transfer/report.ts";
import type { TreeNode } from "../transfer/tree-node.ts";

/** Writes what is in a file of `corral export` into the tree. */
export const importVerb = clientVerb({
  name: "import",
  args: [{ name: "FILE" }, { name: "PATH", kind: "path" }],
  flags: plantFlags,
  about: [
    "Writes the subtree of a file that `corral export` wrote, or standard input for -, to PATH. The whole file is read",
    "and checked first. When nodes of it are there already, nothing is written (exit 4), unless --overwrite or",
    "--skip-existing says what to do with them.",
    "",
    "Nodes are written in transactions of up to 250 nodes. When one fails, or after ctrl-C, those before it stay, and",
    "a line on standard error tells how many they are.",
  ].join("\n"),
  example: "corral export /sl - | corral import - /copy",
  grpcurl: `-plaintext -d '{"operations":[{"create":{"path":"/copy"}}]}' localhost:7181 corral.v1.Coordination/Transact`,
  async run({ words: [file = "", top = ""], flags, client, out, io, signal, timeoutMs }) {
    const whenThere = whenThereOf(flags);
    const { parents = false, noAcl = false } = flags;
    const source = await ExportFile.open(file, io);
    const nodes = () => usable(source.nodes(), noAcl);
    const total = await count(nodes());
    const progress = (planted: Parameters<typeof plantedInWords>[0]) =>
      io.progress(`${plantedInWords(planted)}, of ${total}`);
    const planter = new Planter(client, { top, whenThere, parents, signal, timeoutMs, progress });
    try {
      const planted = await planter.plant(nodes);
      io.progress("");
      out.one(planted, () => plantedInWords(planted));
    } finally {
      io.progress("");
    }
    return 0;
  },
});

async function* usable(nodes: AsyncIterable<TreeNode>, noAcl: boolean): AsyncGenerator<TreeNode, void> {
  for await (const node of nodes) {
    if (noAcl) yield { ...node, acl: [] };
    else if (isBlanked(node.acl)) {
      throw new Failure(
        `the access control list of ${node.path} lacks the hash of a digest, and would let nobody in: ` +
          "export it with ADMIN, or import with --no-acl",
      );
    } else yield node;
  }
}

async function count(nodes: AsyncIterable<TreeNode>): Promise<number> {
  let nodesSeen = 0;
  for await (const _ of nodes) nodesSeen++;
  return nodesSeen;
}
