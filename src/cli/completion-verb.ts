import { shown, UsageError } from "../config/usage-error.ts";
import { type CompletionPlace, commandFlags, completionsOf } from "./completion.ts";
import { type ConnectionFlags, connectionFlags } from "./connection-flags.ts";
import { type FlagValues, isFlag, parseLine } from "./flags.ts";
import { completionTimeoutMs } from "./limits.ts";
import type { Io, Verb } from "./verb.ts";

/** The scripts ask the command itself, so that they never know another one than the one that is installed. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_corral() {
  local IFS=$'\\n'
  compopt -o nospace
  COMPREPLY=($(corral completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _corral corral
`,
  zsh: `#compdef corral
_corral() {
  local -a found
  found=("\${(@f)$(corral completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -S '' -a found
}
compdef _corral corral
`,
  fish: `complete -c corral -f -a '(corral completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

export const completion: Verb = {
  usage: () =>
    [
      "Usage: corral completion bash|zsh|fish",
      "",
      "Prints a script that completes verbs, flags, and the paths of the server.",
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
      for (const word of await wordsFor(args[0] === "--" ? args.slice(1) : args, io)) io.out(`${word}\n`);
      return 0;
    }
    const script = shell === undefined ? undefined : scripts[shell];
    if (script === undefined)
      throw new UsageError(`completion: say bash, zsh or fish, not ${shown(shell ?? "")}`);
    io.out(script);
    return 0;
  },
};

async function wordsFor(words: readonly string[], io: Io): Promise<string[]> {
  const { verbs } = await import("./verbs.ts");
  const place: CompletionPlace = {
    verbs,
    others: new Map<string, "verb" | readonly string[]>([
      ["help", "verb"],
      ["completion", Object.keys(scripts)],
    ]),
    flags: commandFlags,
    absolute: (path) => (path === "." ? "" : path),
    children: (path) => askServer(connectionIn(words), io, path),
  };
  return await completionsOf(words, place);
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
  path: string,
): Promise<readonly string[]> {
  const [{ targetOf }, { connectTo }, { childrenOf }] = await Promise.all([
    import("./target.ts"),
    import("./one-shot.ts"),
    import("./children.ts"),
  ]);
  try {
    const target = { ...(await targetOf(flags, io.env)), timeoutMs: completionTimeoutMs };
    const { signal } = new AbortController();
    await using client = await connectTo(target, { session: false, patient: false, signal });
    return await childrenOf(client, path);
  } catch {
    return [];
  }
}
