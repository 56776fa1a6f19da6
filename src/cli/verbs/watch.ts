import type { WatchKind } from "../../client/index.ts";
import { didYouMean } from "../../config/nearest.ts";
import { shown, UsageError } from "../../config/usage-error.ts";
import { clientVerb } from "../client-verb.ts";
import { dataInLine } from "../data.ts";
import { EventCommand } from "../event-command.ts";
import { eventText, eventValue } from "../watch-text.ts";

const kinds: readonly WatchKind[] = [
  "persistentRecursive",
  "persistent",
  "data",
  "exists",
  "children",
  "subtree",
];

/** Follows changes. */
export const watch = clientVerb({
  name: "watch",
  args: [{ name: "PATH", kind: "path" }],
  flags: {
    after: {
      kind: "number",
      max: Number.MAX_SAFE_INTEGER,
      value: "ZXID",
      help: "Begin with what came after this change; with now by default.",
    },
    kind: {
      kind: "text",
      short: "m",
      value: "KIND",
      completes: kinds,
      help: `${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}.`,
    },
    depth: { kind: "number", max: 1, help: "Of a subtree: 0 for the node alone, 1 for its children too." },
    data: { kind: "switch", short: "d", help: "With the new data." },
    exec: {
      kind: "text",
      short: "x",
      value: "COMMAND",
      help: "Run it by sh for each event, which is JSON on its standard input.",
    },
    count: { kind: "number", min: 1, short: "n", help: "End after so many events." },
  },
  about:
    "Tells of every change of a node and of all below it, once, in order, until ctrl-C: the zxid, what, where.\n" +
    "It goes on over broken connections and restarts; give the last zxid as --after to go on later.\n" +
    "--exec runs a command for each event, with CORRAL_EVENT_ZXID, CORRAL_EVENT_KIND and CORRAL_EVENT_PATH set: one at\n" +
    "a time, in order, none left out; events that come meanwhile wait. When one fails, a line on standard error tells,\n" +
    "and the watch goes on; it exits with the code of the last one that failed. Signals end the watch, and are passed\n" +
    "on to the command that runs.",
  example: "corral watch /sl --after 1 --count 1",
  grpcurl: `-plaintext -d '{"add":[{"path":"/sl","after_zxid":1}]}' localhost:7181 corral.v1.Coordination/Watch`,
  patient: true,
  async run({ flags, words: [path = ""], client, out, ...rest }) {
    const { count = Number.POSITIVE_INFINITY, data: withData = false, after: afterZxid } = flags;
    const depth = flags.depth as 0 | 1 | undefined;
    const kind = flags.kind === undefined ? undefined : kindIn(flags.kind);
    const command = flags.exec === undefined ? undefined : new EventCommand(flags.exec, rest);
    const signal = command === undefined ? rest.signal : AbortSignal.any([rest.signal, command.signal]);
    const events = client.watch(path, { kind, depth, afterZxid, withData, signal });
    let told = 0;
    try {
      for await (const event of events) {
        // What came before the signal may still wait.
        if (signal.aborted) break;
        if (command !== undefined) await command.run(event, withData);
        else
          out.next(eventValue(event, withData), () => {
            const data = withData && event.data.length > 0 ? `  ${dataInLine(event.data, out)}` : "";
            return `${eventText(event, out)}${data}`;
          });
        if (++told >= count) break;
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    }
    return command?.exitCode ?? 0;
  },
});

function kindIn(word: string): WatchKind {
  const kind = kinds.find((one) => one.toLowerCase() === word.toLowerCase().replaceAll(/[-_]/g, ""));
  if (kind === undefined) throw new UsageError(`there is no kind ${shown(word)}${didYouMean(word, kinds)}`);
  return kind;
}
