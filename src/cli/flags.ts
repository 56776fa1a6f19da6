import { didYouMean } from "../config/nearest.ts";
import { shown, UsageError } from "../config/usage-error.ts";
import { durationMs } from "./duration.ts";
import type { ArgSpec, Completes, LineSpec } from "./verb.ts";

/** What most fields of the protocol take at most. */
const int32Max = 2 ** 31 - 1;

/** A flag of a verb: `--name`, its name as a key in kebab case. */
export interface FlagSpec {
  /** A switch takes no value; a number is a whole one; a duration is given in milliseconds, or as 500ms, 5s, 2m. */
  readonly kind: "switch" | "text" | "number" | "duration";
  /** The same as one letter. */
  readonly short?: string;
  /** A name that it had, as it was typed: still understood, and nowhere shown. */
  readonly formerly?: string;
  /** Of a number, 0 unless given. */
  readonly min?: number;
  /** Of a number, or of a time in milliseconds; 2^31 - 1 for a number and 34 years for a time unless given. */
  readonly max?: number;
  /** What help calls its value. FILE, PATH and a|b are completed as such. */
  readonly value?: string;
  /** What its value can be, where its name does not say it. */
  readonly completes?: Completes;
  readonly help: string;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The flags that were given. */
export type FlagValues<F extends FlagSpecs> = {
  readonly [K in keyof F]?: F[K]["kind"] extends "switch"
    ? true
    : F[K]["kind"] extends "text"
      ? string
      : number;
};

/** The name of a flag as it is typed. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads a command line: its flags, the last of a repeated one counts, and what is none. After "--" nothing is a
 * flag; neither is a number, nor anything from the first word of another program's command line on. @throws UsageError
 */
export function parseLine<F extends FlagSpecs>(
  given: readonly string[],
  specs: F,
  args: readonly ArgSpec[] = [],
): { readonly flags: FlagValues<F>; readonly words: readonly string[] } {
  const values: Record<string, unknown> = {};
  const words: string[] = [];
  const waiting = [...given];
  for (let arg = waiting.shift(); arg !== undefined; arg = waiting.shift()) {
    if (arg === "--") words.push(...waiting.splice(0));
    else if (!isFlag(arg)) {
      const isCommand = args[words.length]?.kind === "command";
      words.push(arg, ...(isCommand ? waiting.splice(0) : []));
    } else {
      const { key, name, inline, rest } = cut(arg, specs);
      if (rest !== undefined) waiting.unshift(rest);
      values[key] = flagValue(specs[key]!, name, inline, waiting);
    }
  }
  return { flags: values as FlagValues<F>, words };
}

/** A whole number of so much at least and at most. @throws UsageError */
export function numberIn(
  text: string,
  name: string,
  { min = 0, max = int32Max }: { readonly min?: number; readonly max?: number } = {},
): number {
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not ${shown(text)}`);
}

/** Whether a line asks for help: with `-h` or `--help` where a flag of the verb may stand, and not as a flag's value. */
export function asksForHelp(
  given: readonly string[],
  { args, flags }: LineSpec = { args: [], flags: {} },
): boolean {
  let words = 0;
  for (let at = 0; at < given.length; at++) {
    const arg = given[at]!;
    if (arg === "--help" || arg === "-h") return true;
    if (arg === "--") return false;
    if (isFlag(arg)) {
      if (takesNext(arg, flags) && !given[at + 1]?.startsWith("--")) at++;
    } else if (args[words++]?.kind === "command") return false;
  }
  return false;
}

/** Whether the word after this one is its value. */
export function takesNext(word: string | undefined, flags: FlagSpecs): boolean {
  if (word === undefined || word.includes("=")) return false;
  return Object.entries(flags).some(
    ([key, spec]) => spec.kind !== "switch" && (isNamed(key, spec, word) || `-${spec.short}` === word),
  );
}

function isNamed(key: string, spec: FlagSpec | undefined, name: string): boolean {
  return flagOf(key) === name || spec?.formerly === name;
}

/** "-" alone stands for standard input, and -1 is a number. */
export function isFlag(arg: string): boolean {
  return /^-(-|[^\d-])/.test(arg);
}

/** Takes apart `--name=value`, `-n`, `-nvalue`, and of several letters, `-sw`, the first. */
function cut(arg: string, specs: FlagSpecs) {
  const isLong = arg.startsWith("--");
  const equals = arg.indexOf("=");
  const end = isLong ? (equals === -1 ? arg.length : equals) : 2;
  const name = arg.slice(0, end);
  const key = Object.keys(specs).find((one) =>
    isLong ? isNamed(one, specs[one], name) : specs[one]?.short === name.slice(1),
  );
  if (key === undefined) {
    const known = Object.entries(specs).flatMap(([one, { short }]) => [
      flagOf(one),
      ...(short === undefined ? [] : [`-${short}`]),
    ]);
    throw new UsageError(`unknown flag ${name}${isLong ? didYouMean(name, known) : ""}; -- ends the flags`);
  }
  const after = arg.slice(end);
  if (isLong) return { key, name, inline: equals === -1 ? undefined : after.slice(1), rest: undefined };
  if (after === "") return { key, name, inline: undefined, rest: undefined };
  if (specs[key]?.kind === "switch") return { key, name, inline: undefined, rest: `-${after}` };
  return { key, name, inline: after.replace(/^=/, ""), rest: undefined };
}

function flagValue(spec: FlagSpec, name: string, inline: string | undefined, waiting: string[]): unknown {
  const { kind } = spec;
  if (kind === "switch") {
    if (inline !== undefined) throw new UsageError(`${name} takes no value`);
    return true;
  }
  // `--user --timeout 5s`: the value was forgotten, and the next flag is none.
  const next = inline ?? (waiting[0]?.startsWith("--") ? undefined : waiting.shift());
  if (next === undefined) throw new UsageError(`${name} needs a value`);
  if (kind === "text") return next;
  return kind === "duration" ? durationMs(next, name, spec.max) : numberIn(next, name, spec);
}
