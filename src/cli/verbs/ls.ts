import type { Stat } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import type { Column } from "../output.ts";
import { time } from "../stat-text.ts";
import { watchFlag, watchOnce } from "../watch-text.ts";

/** Lists children. */
export const ls = clientVerb({
  name: "ls",
  args: [{ name: "PATH", kind: "path", orHere: true }],
  flags: {
    stat: { kind: "switch", short: "s", help: "With what is known of each child." },
    recursive: { kind: "switch", short: "R", help: "Everything below, by path, as it is at one moment." },
    ...watchFlag,
  },
  about: "Lists the children of a node by name; those of / by default.",
  example: "corral ls /",
  grpcurl: `-plaintext -d '{"path":"/"}' localhost:7181 corral.v1.Coordination/List`,
  async run(call) {
    const { flags, client, out, timeoutMs, signal } = call;
    const [path = ""] = call.words;
    const options = { withStats: flags.stat, timeoutMs, signal };
    let zxid = 0;
    const nodes = (async function* (): AsyncGenerator<ListedNode> {
      if (flags.recursive) {
        for await (const node of client.scan(path, options)) {
          zxid = node.zxid;
          yield { name: node.path, path: node.path, stat: node.stat };
        }
        return;
      }
      const listing = client.list(path, options);
      yield* listing;
      zxid = listing.zxid ?? 0;
    })();
    await (flags.stat ? out.table(nodes, columns) : out.many(nodes, ({ name }) => out.part(name)));
    if (flags.watch) await watchOnce(call, path, flags.recursive ? "persistentRecursive" : "children", zxid);
    return 0;
  },
});

interface ListedNode {
  readonly name: string;
  readonly path: string;
  readonly stat: Stat | undefined;
}

const columns: readonly Column<ListedNode>[] = [
  { title: "name", of: ({ name }) => name },
  { title: "version", of: ({ stat }) => stat?.version ?? 0 },
  { title: "bytes", of: ({ stat }) => stat?.dataLength ?? 0 },
  { title: "children", of: ({ stat }) => stat?.numChildren ?? 0 },
  { title: "modified", of: ({ stat }) => time(stat?.mtimeMs ?? 0) },
  { title: "mode", of: ({ stat }) => stat?.mode ?? "" },
];
