import { clientVerb } from "../client-verb.ts";
import { endLine, headLine, nodeLine } from "../transfer/export-file.ts";
import { forceFlag } from "../transfer/flags.ts";
import { isBlanked, LiveTree } from "../transfer/live.ts";
import { amount, counted, tellLeftOut } from "../transfer/report.ts";
import type { TreeNode } from "../transfer/tree-node.ts";
import { WholeFile } from "../transfer/whole-file.ts";
import type { Io } from "../verb.ts";

/** Writes a subtree into a file. */
export const exportVerb = clientVerb({
  name: "export",
  args: [{ name: "PATH", kind: "path" }, { name: "FILE" }],
  flags: {
    ...forceFlag,
    noAcl: {
      kind: "switch",
      help: "Leave access control lists out; reading them takes a call for each node.",
    },
  },
  about: [
    "Writes a subtree as it is at one moment into a file, JSON lines with a node in each; - is standard output. The",
    "file appears when it is whole; one that is there stays, unless --force says otherwise. Ephemeral nodes and what you may not read are left out, and a line on standard",
    "error tells how many. `corral import` reads the file.",
  ].join("\n"),
  example: "corral export /sl -",
  grpcurl: `-plaintext -d '{"path":"/sl","with_data":true,"with_stats":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({
    words: [path = "", file = ""],
    flags: { force = false, noAcl = false },
    client,
    out,
    io,
    signal,
  }) {
    const tree = new LiveTree(client, path, { withAcl: !noAcl, signal });
    const written = new Written(tree, path, io);
    if (file === "-") {
      for await (const line of written.lines()) io.out(line);
    } else {
      // For the owner alone, as it is made: lists hold hashes of passwords.
      await using target = await WholeFile.create(file, force);
      for await (const line of written.lines()) await target.write(line);
      await target.finish();
    }
    io.progress("");
    tellLeftOut(tree, io);
    if (written.blanked > 0)
      io.complain(
        `${amount(written.blanked, "access control list")} without the hashes of digests, which only ADMIN may see: ` +
          "`corral import` refuses that",
      );
    const { nodes } = written;
    const facts = { nodes, zxid: tree.zxid, file, ephemerals: tree.ephemerals, hidden: tree.hidden };
    if (file !== "-") out.one(facts, () => `${amount(nodes, "node")} as of zxid ${tree.zxid} in ${file}`);
    return 0;
  },
});

/** The lines of an export, and what is known of it when they have been written. */
class Written {
  nodes = 0;
  /** Lists that nobody can use. */
  blanked = 0;
  readonly #tree: LiveTree;
  readonly #path: string;
  readonly #io: Io;

  constructor(tree: LiveTree, path: string, io: Io) {
    this.#tree = tree;
    this.#path = path;
    this.#io = io;
  }

  async *lines(): AsyncGenerator<string, void> {
    const head = () => headLine({ path: this.#path, zxid: this.#tree.zxid ?? 0 });
    for await (const node of counted<TreeNode>(this.#tree.nodes(), this.#io)) {
      if (this.nodes === 0) yield head();
      this.nodes++;
      if (isBlanked(node.acl)) this.blanked++;
      yield nodeLine(node);
    }
    // The top itself is left out, as an ephemeral node is.
    if (this.nodes === 0) yield head();
    yield endLine(this.nodes);
  }
}
