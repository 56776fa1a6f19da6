import { shown, UsageError } from "../config/usage-error.ts";
import { type Candidates, type CompletionPlace, candidatesFor } from "./completion/candidates.ts";
import type { Names } from "./completion/children.ts";
import { scripts } from "./completion/scripts.ts";
import { lastPart, typedLine } from "./completion/typed-line.ts";
import { type ConnectionFlags, connectionFlags } from "./connection-flags.ts";
import { type FlagValues, isFlag, parseLine } from "./flags.ts";
import { completionTimeoutMs } from "./limits.ts";
import type { Io, Verb } from "./verb.ts";

const shells = Object.keys(scripts);

export const completion: Verb = {
  line: { args: [{ name: "SHELL", values: shells }], flags: {} },

  usage: () =>
    [
      "Usage: corral completion bash|zsh|fish",
      "",
      "Prints a script that completes verbs, flags and their values, files, and the paths of the server.",
      "",
      "Example:",
      "  corral completion bash",
      "",
      "To have it in every shell:",
      "",
      "  bash  echo 'source <(corral completion bash)' >> ~/.bashrc",
      "  zsh   echo 'source <(corral completion zsh)' >> ~/.zshrc, after compinit",
      "  fish  corral completion fish > ~/.config/fish/completions/corral.fish",
    ].join("\n"),

  async run([shell, ...args], io) {
    if (shell === "words") {
      const [asking = "", , ...typed] = args;
      for (const line of await answerTo(asking, typed, io)) io.out(`${line}\n`);
      return 0;
    }
    const script = shell === undefined || !Object.hasOwn(scripts, shell) ? undefined : scripts[shell];
    if (script === undefined)
      throw new UsageError(`completion: say bash, zsh or fish, not ${shown(shell ?? "")}`);
    io.out(script);
    return 0;
  },
};

/** What the script of a shell is told: the kind of answer, and the words. Bash sends its line, others their words. */
async function answerTo(shell: string, typed: readonly string[], io: Io): Promise<readonly string[]> {
  if (shell === "bash") {
    const [line = "", breaks = ""] = typed;
    const { before, last } = typedLine(line, breaks);
    const { words, files } = await found([...before.slice(1), last.text], io);
    return [files ?? "words", ...words.flatMap((word) => lastPart(last, word))];
  }
  const { last } = typedLine(typed.at(-1) ?? "");
  const { words, files } = await found([...typed.slice(0, -1), last.text], io);
  return [files ?? "words", ...words];
}

async function found(words: readonly string[], io: Io): Promise<Candidates> {
  const { verbs } = await import("./verbs.ts");
  const place: CompletionPlace = {
    verbs,
    others: new Map([["help", "verb"]]),
    flags: connectionFlags,
    absolute: (path) => (path === "." ? "" : path),
    children: (path, prefix) => askServer(connectionIn(words), io, { path, prefix }),
    contexts: () => contextNames(io),
  };
  return await candidatesFor(words, place);
}

/** The flags of the connection among the words; all others do not matter. */
function connectionIn(words: readonly string[]): FlagValues<ConnectionFlags> {
  const known = words.flatMap((word, at) => {
    if (!isFlag(word)) return [];
    if (isReadable([word])) return [word];
    const pair = words.slice(at, at + 2);
    return isReadable(pair) ? pair : [];
  });
  return parseLine(known, connectionFlags).flags;
}

function isReadable(words: readonly string[]): boolean {
  try {
    parseLine(words, connectionFlags);
    return true;
  } catch {
    return false;
  }
}

async function askServer(
  flags: FlagValues<ConnectionFlags>,
  io: Io,
  { path, prefix }: { readonly path: string; readonly prefix: string },
): Promise<Names> {
  const [{ targetOf }, { connectTo }, { childrenLike }] = await Promise.all([
    import("./target.ts"),
    import("./one-shot.ts"),
    import("./completion/children.ts"),
  ]);
  try {
    const target = { ...(await targetOf(flags, io.env)), timeoutMs: completionTimeoutMs };
    const { signal } = new AbortController();
    await using client = await connectTo(target, { session: false, patient: false, signal });
    return await childrenLike(client, path, prefix);
  } catch {
    return { names: [], isPartial: true };
  }
}

async function contextNames(io: Io): Promise<readonly string[]> {
  const [{ homedir }, { contextsFile, namesOfContexts }] = await Promise.all([
    import("node:os"),
    import("../config/contexts.ts"),
  ]);
  try {
    return await namesOfContexts(contextsFile(io.env, homedir()));
  } catch {
    return [];
  }
}
