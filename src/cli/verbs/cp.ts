import { UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";
import { plantFlags, whenThereOf } from "../transfer/flags.ts";
import { LiveTree } from "../transfer/live.ts";
import { Planter } from "../transfer/plant.ts";
import { plantedInWords, tellLeftOut } from "../transfer/report.ts";

/** Copies a subtree. */
export const cp = clientVerb({
  name: "cp",
  args: [
    { name: "FROM", kind: "path" },
    { name: "TO", kind: "path" },
  ],
  flags: plantFlags,
  about: [
    "Copies a subtree as it is at one moment, FROM itself becoming TO. When nodes of it are there already, nothing is",
    "written (exit 4), unless --overwrite or --skip-existing says what to do with them. Ephemeral nodes and what you",
    "may not read are left out. It is written as `corral import` does.",
  ].join("\n"),
  example: "corral cp /sl /copy",
  grpcurl: `-plaintext -d '{"operations":[{"create":{"path":"/copy"}}]}' localhost:7181 corral.v1.Coordination/Transact`,
  async run({ words: [from = "", top = ""], flags, client, out, io, signal, timeoutMs }) {
    const whenThere = whenThereOf(flags);
    if (isWithin(from, top) || isWithin(top, from))
      throw new UsageError(`cp: neither of ${from} and ${top} may be in the other`);
    const { parents = false, noAcl = false } = flags;
    const tree = new LiveTree(client, from, { withAcl: !noAcl, signal });
    const progress = (planted: Parameters<typeof plantedInWords>[0]) => io.progress(plantedInWords(planted));
    const planter = new Planter(client, { top, whenThere, parents, signal, timeoutMs, progress });
    try {
      const planted = await planter.plant(() => tree.nodes());
      io.progress("");
      tellLeftOut(tree, io);
      out.one({ ...planted, zxid: tree.zxid }, () => `${plantedInWords(planted)}, as of zxid ${tree.zxid}`);
    } finally {
      io.progress("");
    }
    return 0;
  },
});

function isWithin(path: string, top: string): boolean {
  return path === top || path.startsWith(top === "/" ? "/" : `${top}/`);
}
