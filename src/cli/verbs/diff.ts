import { createHash } from "node:crypto";
import { UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";
import { ExportFile } from "../transfer/export-file.ts";
import { LiveTree } from "../transfer/live.ts";
import { counted, tellLeftOut } from "../transfer/report.ts";
import type { TreeNode } from "../transfer/tree-node.ts";

/** As `diff` has it. */
const differentCode = 1;

/** A node in which two subtrees differ. */
interface Difference {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** Of a changed one. */
  readonly what?: readonly string[];
}

/** Shows in what two subtrees differ. */
export const diff = clientVerb({
  name: "diff",
  args: [
    { name: "PATH", kind: "path" },
    { name: "OTHER", kind: "path", optional: true },
  ],
  flags: {
    file: {
      kind: "text",
      value: "FILE",
      help: "Compare with a file that `corral export` wrote, - for standard input.",
    },
    noAcl: { kind: "switch", help: "Do not compare access control lists." },
  },
  about: [
    "Shows in what another subtree, or an export with --file, differs from that at PATH: + for nodes that it has",
    "besides, - for nodes that it lacks, ~ for nodes with other data, mode, TTL or access control list. Paths are",
    "relative; . is the top. Ephemeral nodes are left out. Exit codes: 0 no difference, 1 some.",
  ].join("\n"),
  example: "corral diff /sl /sl",
  grpcurl: `-plaintext -d '{"path":"/sl","with_data":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ words: [path = "", other], flags: { file, noAcl = false }, client, out, io, signal }) {
    if ((other === undefined) === (file === undefined))
      throw new UsageError("diff: give either OTHER or --file FILE to compare with");
    const withAcl = !noAcl;
    const mine = new LiveTree(client, path, { withAcl, signal });
    const known = new Map<string, Gist>();
    for await (const node of counted(mine.nodes(), io)) known.set(node.path, gistOf(node, withAcl));
    tellLeftOut(mine, io);
    const theirs = other === undefined ? undefined : new LiveTree(client, other, { withAcl, signal });
    const nodes = theirs?.nodes() ?? (await ExportFile.open(file!, io)).nodes();
    let count = 0;
    const differences = async function* () {
      for await (const difference of compare(known, counted(nodes, io), withAcl)) {
        io.progress("");
        count++;
        yield difference;
      }
    };
    await out.many(differences(), (one) => out.part(inWords(one)));
    io.progress("");
    if (theirs !== undefined) tellLeftOut(theirs, io);
    return count === 0 ? 0 : differentCode;
  },
});

/** What is remembered of a node to compare it with: not its data, which may be many. */
type Gist = Readonly<Record<"data" | "mode" | "ttl" | "acl", string>>;

function gistOf({ data, mode, ttlMs, acl }: TreeNode, withAcl: boolean): Gist {
  const entries = acl.map(({ scheme, id, permissions }) =>
    [scheme, id, ...permissions.toSorted()].join("\0"),
  );
  return {
    data: createHash("sha256").update(data).digest("base64"),
    mode,
    ttl: `${ttlMs}`,
    acl: withAcl ? entries.sort().join("\n") : "",
  };
}

/** Forgets of the known nodes those that it meets; what is left of them is missing. */
async function* compare(
  known: Map<string, Gist>,
  nodes: AsyncIterable<TreeNode>,
  withAcl: boolean,
): AsyncGenerator<Difference, void> {
  for await (const node of nodes) {
    const { path } = node;
    const before = known.get(path);
    known.delete(path);
    if (before === undefined) yield { path, change: "added" };
    else {
      const now = gistOf(node, withAcl);
      const what = (["data", "mode", "ttl", "acl"] as const).filter((key) => before[key] !== now[key]);
      if (what.length > 0) yield { path, change: "changed", what };
    }
  }
  for (const path of known.keys()) yield { path, change: "removed" };
}

const marks = { added: "+", removed: "-", changed: "~" } as const;

function inWords({ path, change, what }: Difference): string {
  return `${marks[change]} ${path}${what === undefined ? "" : `  (${what.join(", ")})`}`;
}
