import { childOf } from "../../client/node.ts";
import { verbMeant } from "../bridges.ts";
import { isClientVerb } from "../client-verb.ts";
import { type FlagSpecs, flagOf, takesNext } from "../flags.ts";
import type { ArgSpec, Completes, LineSpec, VerbEntry } from "../verb.ts";
import type { Names } from "./children.ts";

/** What completion needs to know of where it happens. */
export interface CompletionPlace {
  readonly verbs: ReadonlyMap<string, VerbEntry>;
  /** Words that are as good as verbs. */
  readonly others: ReadonlyMap<string, Completes>;
  /** Flags that every verb takes. */
  readonly flags: FlagSpecs;
  readonly absolute: (path: string) => string;
  /** The names of a node's children that begin so; none if there is no such node. */
  children(path: string, prefix: string): Promise<Names>;
  /** The names of the contexts. */
  contexts(): Promise<readonly string[]>;
}

/** What a word can become. */
export interface Candidates {
  readonly words: readonly string[];
  /** It is the name of a file too, or of a directory: whoever asks knows these best. */
  readonly files?: "file" | "directory" | undefined;
}

const none: Candidates = { words: [] };

/** What the last of these words can become; all words but the last are whole. */
export async function candidatesFor(words: readonly string[], place: CompletionPlace): Promise<Candidates> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const at = before.findIndex((word, i) => !isFlagWord(word) && !takesNext(before[i - 1], place.flags));
  if (at === -1) return await atTheBeginning(before, last, place);
  const verb = verbMeant(before[at]!);
  const loaded = await place.verbs.get(verb)?.load();
  const other = loaded === undefined ? place.others.get(verb) : undefined;
  if (other !== undefined) return await completed(other, last, place);
  if (loaded?.line === undefined) return none;
  const flags = isClientVerb(loaded) ? { ...place.flags, ...loaded.spec.flags } : loaded.line.flags;
  return await inLine(before.slice(at + 1), last, { args: loaded.line.args, flags }, place);
}

async function atTheBeginning(
  before: readonly string[],
  last: string,
  place: CompletionPlace,
): Promise<Candidates> {
  const valued = await valueOfFlag(before.at(-1), last, place.flags, place);
  if (valued !== undefined) return valued;
  if (last.startsWith("-")) return flagsLike(last, place.flags);
  return like([...place.others.keys(), ...place.verbs.keys()].sort(), last);
}

async function inLine(
  given: readonly string[],
  last: string,
  { args, flags }: LineSpec,
  place: CompletionPlace,
): Promise<Candidates> {
  const isOver = given.includes("--");
  const valued = isOver ? undefined : await valueOfFlag(given.at(-1), last, flags, place);
  if (valued !== undefined) return valued;
  const isValue = (i: number) => takesNext(given[i - 1], flags);
  const count = given.filter((word, i) => isOver || (!isFlagWord(word) && !isValue(i))).length;
  const arg = args[isOver ? count - given.filter(isFlagWord).length : count] ?? restOf(args);
  const isCommand = args.slice(0, count).some(({ kind }) => kind === "command");
  if (last.startsWith("-") && !isOver && !isCommand) return flagsLike(last, flags);
  if (arg === undefined) return none;
  const completes = arg.kind === "command" ? "file" : (arg.kind ?? completesOf(arg.name));
  const { words, files } = await completed(completes, last, place);
  return { words: [...like(arg.values ?? [], last).words, ...words], files };
}

/** What a word is that help calls so. */
function completesOf(name: string): Completes {
  const known: Readonly<Record<string, Completes>> = { FILE: "file", DIR: "directory", PATH: "path" };
  return known[name] ?? (name.includes("|") ? name.split("|") : []);
}

/** The last argument, if it takes all words that are left. */
function restOf(args: readonly ArgSpec[]): ArgSpec | undefined {
  return args.at(-1)?.rest ? args.at(-1) : undefined;
}

/** The value of a flag, after a blank or after an equals sign; undefined where there is none to complete. */
async function valueOfFlag(
  before: string | undefined,
  last: string,
  flags: FlagSpecs,
  place: CompletionPlace,
): Promise<Candidates | undefined> {
  const [name = "", value] = last.startsWith("--") ? split(last) : [before, last];
  if (value === undefined || !takesNext(name, flags)) return undefined;
  const spec = Object.entries(flags).find(([key, { short }]) => flagOf(key) === name || `-${short}` === name);
  const completes = spec?.[1].completes ?? completesOf(spec?.[1].value ?? "");
  const { words, files } = await completed(completes, value, place);
  return last === value ? { words, files } : { words: words.map((word) => `${name}=${word}`), files };
}

/** "--a=b" -> "--a", "b". */
function split(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

async function completed(completes: Completes, word: string, place: CompletionPlace): Promise<Candidates> {
  switch (completes) {
    case "path":
      return await pathsLike(word, place);
    case "verb":
      return like([...place.verbs.keys()], word);
    case "context":
      return like(await place.contexts(), word);
    case "file":
    case "directory":
      return { words: [], files: completes };
    default:
      return like(completes, word);
  }
}

function like(names: readonly string[], word: string): Candidates {
  return { words: names.filter((name) => name.startsWith(word)) };
}

function flagsLike(word: string, flags: FlagSpecs): Candidates {
  return like([...Object.keys(flags).map(flagOf), "--help"].sort(), word);
}

function isFlagWord(word: string): boolean {
  return word.startsWith("-");
}

/** "/se" -> "/services"; a relative path stays one. */
async function pathsLike(word: string, { absolute, children }: CompletionPlace): Promise<Candidates> {
  const end = word.lastIndexOf("/");
  const typed = word.slice(0, end + 1);
  const parent = absolute(typed === "" ? "." : typed === "/" ? "/" : typed.slice(0, -1));
  if (!parent.startsWith("/")) return { words: word === "" ? ["/"] : [] };
  const { names, isPartial } = await children(parent, word.slice(end + 1));
  const words = names.map((name) => (typed === "/" ? childOf("/", name) : `${typed}${name}`));
  // What is typed is one of them, so that nobody takes what the others have in common for what all have.
  return { words: isPartial && words.length > 0 ? [word, ...words] : words };
}
