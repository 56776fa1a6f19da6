import { didYouMean } from "../config/nearest.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import { version } from "../version.ts";
import { bridged } from "./bridges.ts";
import { connectionFlags } from "./connection-flags.ts";
import { exitCodes, failureOf } from "./failure.ts";
import { asksForHelp, type FlagSpec, type FlagSpecs, flagOf } from "./flags.ts";
import type { Io, Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

/** Does what a command line says, and answers the exit code: 2, after one line, for one that says nothing sensible. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  try {
    const words = verbFirst(args);
    const isVerbless = words[0] === undefined || connectionFlag(words[0]) !== undefined;
    return await run(isVerbless && io.stdin.isTTY ? ["shell", ...words] : words, io);
  } catch (error) {
    const failure = error instanceof UsageError ? usageFailure(error) : failureOf(error);
    if (failure === undefined) throw error;
    io.complain(failure.line);
    return failure.code;
  }
}

function usageFailure({ message }: UsageError) {
  return { code: exitCodes.usage, line: message };
}

async function run(words: readonly string[], io: Io): Promise<number> {
  const print = (text: string) => {
    io.out(`${text}\n`);
    return 0;
  };
  const [word, ...args] = bridged(words);
  if (word === undefined) throw new UsageError("a verb is missing; `corral help` lists them");
  if (["version", "--version", "-V"].includes(word)) return print(`corral ${version()}`);
  if (word === "--help" || word === "-h") return print(overview());
  if (word === "help")
    return print(args[0] === undefined ? overview() : (await find(bridged([args[0]])[0]!)).usage());
  const verb = await find(word);
  if (asksForHelp(args, verb.line)) return print(verb.usage());
  return await verb.run(args, io);
}

async function find(word: string): Promise<Verb> {
  const entry = verbs.get(word);
  if (entry !== undefined) return entry.load();
  const guess = didYouMean(word, [...verbs.keys(), "help", "--version", "--help"]);
  throw new UsageError(`unknown ${word.startsWith("-") ? "flag" : "verb"} ${shown(word)}${guess}`);
}

/** Flags of the connection may stand before the verb; it takes them after it. */
function verbFirst(args: readonly string[]): readonly string[] {
  const flags: string[] = [];
  const rest = [...args];
  for (let arg = rest[0]; arg !== undefined; arg = rest[0]) {
    const flag = connectionFlag(arg);
    if (flag === undefined) break;
    const takesNext =
      flag.kind !== "switch" && !arg.includes("=") && (arg.startsWith("--") || arg.length === 2);
    flags.push(...rest.splice(0, takesNext ? 2 : 1));
  }
  const [word, ...others] = rest;
  return word === undefined ? flags : [word, ...flags, ...others];
}

/** The flag of the connection that a word is or begins with. */
function connectionFlag(word: string): FlagSpec | undefined {
  const [name] = word.split("=");
  const specs: FlagSpecs = connectionFlags;
  const key = Object.keys(specs).find(
    (one) => flagOf(one) === name || word.slice(0, 2) === `-${specs[one]?.short}`,
  );
  return key === undefined ? undefined : specs[key];
}

function overview(): string {
  const width = Math.max(...[...verbs.keys()].map((name) => name.length));
  const list = [...verbs].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "Usage: corral <verb> [flags]",
    "       corral [flags], at a terminal: opens a shell",
    "",
    ...list,
    "",
    "`corral help <verb>` tells more; `corral --version` prints the version.",
  ].join("\n");
}
