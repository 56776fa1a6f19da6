import { childOf } from "../client/node.ts";
import { isPlain } from "../visible.ts";
import type { ClientVerb } from "./client-verb.ts";
import { connectionFlags } from "./connection-flags.ts";
import { type FlagSpecs, flagOf, takesNext } from "./flags.ts";
import type { Verb, VerbEntry } from "./verb.ts";

/** What completion needs to know of where it happens. */
export interface CompletionPlace {
  readonly verbs: ReadonlyMap<string, VerbEntry>;
  /** Words that are as good as verbs, and take a path or nothing. */
  readonly others: ReadonlyMap<string, "path" | "verb" | readonly string[]>;
  /** Flags that every verb takes. */
  readonly flags: FlagSpecs;
  readonly absolute: (path: string) => string;
  /** The names of a node's children; none if there is no such node. */
  children(path: string): Promise<readonly string[]>;
}

/** The flags that the command line takes with every verb. */
export const commandFlags: FlagSpecs = connectionFlags;

/** What the last of these words can become; all words but the last are whole. */
export async function completionsOf(words: readonly string[], place: CompletionPlace): Promise<string[]> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const at = verbAt(before, place.flags);
  if (at === -1) {
    if (last.startsWith("-")) return flagsLike(last, place.flags);
    return [...place.others.keys(), ...place.verbs.keys()].filter((name) => name.startsWith(last)).sort();
  }
  const verb = before[at]!;
  const other = place.others.get(verb);
  if (other === "path") return await pathsLike(last, place);
  if (other === "verb") return [...place.verbs.keys()].filter((name) => name.startsWith(last));
  if (other !== undefined) return other.filter((name) => name.startsWith(last));
  const loaded = await place.verbs.get(verb)?.load();
  if (loaded === undefined || !isClientVerb(loaded)) return [];
  const { args, flags: own } = loaded.spec;
  const flags = { ...place.flags, ...own };
  const given = before.slice(at + 1);
  if (last.startsWith("-")) return flagsLike(last, flags);
  if (takesNext(given.at(-1), flags)) return [];
  const count = given.filter((word, i) => !isFlagWord(word) && !takesNext(given[i - 1], flags)).length;
  return args[count]?.kind === "path" ? await pathsLike(last, place) : [];
}

/** Where the verb is among the words: the first that is neither a flag nor the value of one. */
function verbAt(words: readonly string[], flags: FlagSpecs): number {
  return words.findIndex((word, at) => !isFlagWord(word) && !takesNext(words[at - 1], flags));
}

function isFlagWord(word: string): boolean {
  return word.startsWith("-");
}

function flagsLike(word: string, flags: FlagSpecs): string[] {
  return [...Object.keys(flags).map(flagOf), "--help"].filter((flag) => flag.startsWith(word)).sort();
}

/** "/se" -> "/services"; a relative path stays one. */
async function pathsLike(word: string, { absolute, children }: CompletionPlace): Promise<string[]> {
  const end = word.lastIndexOf("/");
  const typed = word.slice(0, end + 1);
  const parent = absolute(typed === "" ? "." : typed === "/" ? "/" : typed.slice(0, -1));
  if (!parent.startsWith("/")) return word === "" ? ["/"] : [];
  const names = await children(parent);
  return (
    names
      // What cannot be typed, or not be told apart from another, is not offered.
      .filter((name) => isPlain(name) && name.startsWith(word.slice(end + 1)))
      .map((name) => (typed === "/" ? childOf("/", name) : `${typed}${name}`))
  );
}

export function isClientVerb(verb: Verb): verb is ClientVerb {
  return "spec" in verb;
}
