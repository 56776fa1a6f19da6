import { readdirSync } from "node:fs";
import type { Client } from "../../client/index.ts";
import { isPlain } from "../../visible.ts";
import { candidatesFor } from "../completion/candidates.ts";
import { childrenLike } from "../completion/children.ts";
import { typedLine, wholeWord } from "../completion/typed-line.ts";
import { connectionFlags } from "../connection-flags.ts";
import { completionNamesMax } from "../limits.ts";
import { verbs } from "../verbs.ts";
import { builtins, notInShell } from "./builtins.ts";
import type { Place } from "./place.ts";

/** What the last word of a line can become, each as it must be typed to be read as that, and how it is typed now. */
export async function completionsIn(
  line: string,
  { client, place }: { readonly client: Client; readonly place: Place },
): Promise<{ readonly found: string[]; readonly typed: string }> {
  const { before, last } = typedLine(line);
  const { words, files } = await candidatesFor([...before, last.text], {
    verbs: new Map([...verbs].filter(([name]) => !notInShell.includes(name))),
    others: new Map([...builtins].map(([name, { completes }]) => [name, completes])),
    flags: { output: connectionFlags.output },
    absolute: (path) => place.absolute(path),
    children: (path, prefix) => childrenLike(client, path, prefix),
    contexts: async () => [],
  });
  const all = files === undefined ? words : [...words, ...filesLike(last.text, files)];
  return { found: all.map((word) => wholeWord(last, word)), typed: last.raw };
}

function filesLike(word: string, kind: "file" | "directory"): readonly string[] {
  const end = word.lastIndexOf("/");
  const directory = word.slice(0, end + 1);
  try {
    return readdirSync(directory || ".", { withFileTypes: true })
      .filter((entry) => entry.name.startsWith(word.slice(end + 1)) && isPlain(entry.name))
      .filter((entry) => kind === "file" || entry.isDirectory())
      .slice(0, completionNamesMax)
      .map((entry) => `${directory}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  } catch {
    return [];
  }
}
