import { clientVerb } from "../client-verb.ts";
import { treeLines } from "../tree-lines.ts";

/** Draws a subtree. */
export const tree = clientVerb({
  name: "tree",
  args: [{ name: "PATH", kind: "path", orHere: true }],
  flags: { depth: { kind: "number", short: "L", help: "Only so many levels below the node." } },
  about: "Draws a subtree, as it is at one moment; that of / by default.",
  example: "corral tree /sl",
  grpcurl: `-plaintext -d '{"path":"/sl"}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ flags, words: [path = ""], client, out, timeoutMs, signal }) {
    const levels = flags.depth ?? Number.POSITIVE_INFINITY;
    const top = levelOf(path);
    const paths: string[] = [];
    for await (const node of client.scan(path, { timeoutMs, signal }))
      if (levelOf(node.path) - top <= levels) paths.push(node.path);
    if (out.format === "table") for (const line of treeLines(paths)) out.line(out.part(line));
    else
      await out.many(
        paths.map((one) => ({ path: one })),
        () => "",
      );
    return 0;
  },
});

function levelOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1;
}
