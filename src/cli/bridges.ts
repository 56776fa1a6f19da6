import { UsageError } from "../config/usage-error.ts";

/** A word that another command line has: what it is here, or what to do instead. */
type Bridge = { readonly as: readonly [string, ...string[]] } | { readonly hint: string };

/** For hands that know zkCli, etcdctl or consul. Words that mean the same in Corral are verbs themselves. */
export const bridges: ReadonlyMap<string, Bridge> = new Map<string, Bridge>([
  ["put", { as: ["create", "--or-set"] }],
  ["rm", { as: ["delete"] }],
  ["del", { as: ["delete"] }],
  ["rmr", { as: ["deleteall"] }],
  ["ls2", { as: ["ls", "--stat"] }],
  ["addWatch", { as: ["watch"] }],
  ["getEphemerals", { as: ["ephemerals"] }],
  ["txn", { as: ["transact"] }],
  ["monitor", { as: ["watch"] }],
  [
    "removewatches",
    { hint: "a watch ends with its command, by ctrl-C or --count; `watches` tells who watches" },
  ],
  ["printwatches", { hint: "`watch` prints what changes" }],
  ["getAllChildrenNumber", { hint: "`ls -R` lists what is below a node, `stat` counts its children" }],
  ["reconfig", { hint: "there is no ensemble to change: Corral is a single server" }],
  ["connect", { hint: "--endpoint HOST:PORT says which server, before or after any verb" }],
  ["close", { hint: "a command closes its session by itself; `expire` ends another's" }],
  ["member", { hint: "there are no members: Corral is a single server, and `info` tells how it is" }],
  ["members", { hint: "there are no members: Corral is a single server, and `info` tells how it is" }],
  ["lease", { hint: "`create -e --hold` keeps an ephemeral node, `create -t 90s` one with a TTL" }],
  ["elect", { hint: "`lock PATH COMMAND` runs a command on one machine at a time" }],
  ["snapshot", { hint: "`backup FILE` writes everything into a file, and `restore` reads it" }],
  ["endpoint", { hint: "`info` tells how a server is" }],
]);

/** What `consul kv` does, by the word after it. */
const consulKv: ReadonlyMap<string, string> = new Map([
  ["get", "`get /PATH`, or `get -R /PATH` for all below it"],
  ["put", "`put /PATH DATA`"],
  ["delete", "`delete /PATH`, or `deleteall /PATH` with all below it"],
  ["export", "`export /PATH FILE`"],
  ["import", "`import FILE /PATH`"],
]);

/** Every word that another command line has, and Corral only understands. */
export const bridgeNames: readonly string[] = [...bridges.keys(), "kv"];

/** A command line in Corral's own words. @throws UsageError that names what to use for what is otherwise here */
export function bridged(words: readonly string[]): readonly string[] {
  const [word = "", ...args] = words;
  if (word === "kv") {
    const known = args.map((arg) => consulKv.get(arg)).find((one) => one !== undefined);
    throw new UsageError(`kv: use ${known ?? [...consulKv.values()].join(", ")}; paths begin with /`);
  }
  const bridge = bridges.get(word);
  if (bridge === undefined) return words;
  if ("hint" in bridge) throw new UsageError(`${word} is no verb of Corral's: ${bridge.hint}`);
  return [...bridge.as, ...args];
}

/** The verb that a word stands for; of other words, the word. */
export function verbMeant(word: string): string {
  const bridge = bridges.get(word);
  return bridge !== undefined && "as" in bridge ? bridge.as[0] : word;
}
