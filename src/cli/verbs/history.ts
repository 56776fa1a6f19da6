import { type Client, isCorralError, type WatchEvent } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import { dataInLine, dataValue } from "../data.ts";
import type { Output } from "../output.ts";
import { time } from "../stat-text.ts";
import { amount } from "../transfer/report.ts";

/** Tells what happened to a node. */
export const history = clientVerb({
  name: "history",
  args: [{ name: "PATH", kind: "path" }],
  flags: {
    recursive: { kind: "switch", short: "R", help: "Of all nodes below it, too." },
    after: {
      kind: "number",
      max: Number.MAX_SAFE_INTEGER,
      value: "ZXID",
      help: "Only what came after this change.",
    },
    data: { kind: "switch", short: "d", help: "With the new data." },
    count: { kind: "number", short: "n", help: "Only the last so many changes." },
  },
  about: [
    "Prints what happened to a node up to now, as far as the server remembers, the oldest change first: the zxid, when,",
    "what, the node's version and the length of its data, those from before of a deleted node, and its path. That an",
    "access control list was set is not among it. What you may not read is left out, as with `corral watch`.",
  ].join("\n"),
  example: "corral history /sl",
  grpcurl: `-plaintext -d '{"add":[{"path":"/sl","kind":"WATCH_KIND_SUBTREE","depth":0,"after_zxid":0}]}' localhost:7181 corral.v1.Coordination/Watch`,
  async run({ flags, words: [path = ""], client, out, io, timeoutMs, signal }) {
    const { recursive = false, after = 0, data: withData = false, count } = flags;
    // The past ends where the server is now.
    const throughZxid = await client.sync({ timeoutMs, signal });
    const scope = recursive
      ? ({ kind: "persistentRecursive" } as const)
      : ({ kind: "subtree", depth: 0 } as const);
    const forgotten = (zxid: number) =>
      io.complain(`what happened up to zxid ${zxid} is no longer remembered`);
    const options = { ...scope, withData, throughZxid, signal };
    const events = past(client, path, { after, options, forgotten });
    const wanted = count === undefined ? events : await lastOf(events, count);
    if (out.format !== "table") await out.many(valuesOf(wanted, withData), () => "");
    else for await (const event of wanted) out.line(inWords(event, { withData, out }));
    return 0;
  },
});

type WatchOptions = NonNullable<Parameters<Client["watch"]>[1]>;

/** What happened after a zxid, or as much of it as is remembered. */
async function* past(
  client: Client,
  path: string,
  { after, options, forgotten }: { after: number; options: WatchOptions; forgotten: (zxid: number) => void },
): AsyncGenerator<WatchEvent, void> {
  const { throughZxid = 0 } = options;
  for (let afterZxid = after; afterZxid < throughZxid; ) {
    try {
      yield* client.watch(path, { ...options, afterZxid });
      return;
    } catch (error) {
      if (!isCorralError(error, "COMPACTED")) throw error;
      afterZxid = Number(error.facts["oldest_zxid"]);
      forgotten(afterZxid);
    }
  }
}

async function lastOf<T>(values: AsyncIterable<T>, count: number): Promise<T[]> {
  const last: T[] = [];
  for await (const value of values) {
    last.push(value);
    // Not one by one: that would take its time with many.
    if (last.length >= 2 * count + 1_000) last.splice(0, last.length - count);
  }
  return count > 0 ? last.slice(-count) : [];
}

async function* valuesOf(
  events: Iterable<WatchEvent> | AsyncIterable<WatchEvent>,
  withData: boolean,
): AsyncGenerator<object, void> {
  for await (const { zxid, timeMs, kind, path, stat, data, dataOmitted } of events) {
    const value = { zxid, timeMs, kind, path, version: stat.version, dataLength: stat.dataLength };
    yield withData && kind !== "nodeDeleted" ? { ...value, ...dataValue(data), dataOmitted } : value;
  }
}

function inWords(
  { zxid, timeMs, kind, path, stat, data, dataOmitted }: WatchEvent,
  { withData, out }: { readonly withData: boolean; readonly out: Output },
): string {
  const facts = [
    `${zxid}`,
    timeMs === undefined ? "-" : time(timeMs),
    kind.padEnd("nodeDataChanged".length),
    `version ${stat.version}`,
    amount(stat.dataLength, "byte"),
    out.part(path),
  ];
  if (withData && kind !== "nodeDeleted") facts.push(dataOmitted ? "(too many data)" : dataInLine(data, out));
  return facts.join("  ").trimEnd();
}
