import { isIP } from "node:net";
import { z } from "zod";

/** What defaults may depend on besides the settings themselves: given, so that tests can make their own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's number; undefined where the system has none. */
  readonly uid: number | undefined;
  readonly homeDir: string;
  readonly tempDir: string;
  readonly workingDir: string;
}

/** A default that is not a constant: how documentation puts it, and what it comes to. */
export interface DerivedDefault<T> {
  readonly text: string;
  of(given: { readonly tickMs: number; readonly surroundings: Surroundings }): T;
}

/** One setting: everything that is known of it, in one place. */
export interface Setting<T> {
  readonly type: z.ZodType<T>;
  /** What the type demands, to follow "must be". */
  readonly rule: string;
  readonly default: T | DerivedDefault<T>;
  /** The unit of the value; empty for a pure number or a text. */
  readonly unit: string;
  /** One line: what it does. */
  readonly help: string;
  /** Reads what a flag, a variable or a properties file says. What it cannot read it hands on, to fail the type. */
  fromText(text: string): unknown;
}

interface About<T> {
  readonly default: T | DerivedDefault<T>;
  readonly unit?: string;
  readonly help: string;
}

/** A whole number from `min` to `max`. */
export function integer(about: About<number> & { min: number; max: number }): Setting<number> {
  return {
    type: z.int().min(about.min).max(about.max),
    rule: `a whole number from ${about.min} to ${about.max}`,
    default: about.default,
    unit: about.unit ?? "",
    help: about.help,
    // Number() alone would read "", "0x10" and "1e3" as well.
    fromText: (text) => (/^-?[0-9]{1,15}$/.test(text) ? Number(text) : text),
  };
}

/** A text that passes `accepts`. */
export function text(
  about: About<string> & { rule: string; accepts(value: string): boolean },
): Setting<string> {
  return {
    type: z.string().refine(about.accepts),
    rule: about.rule,
    default: about.default,
    unit: about.unit ?? "",
    help: about.help,
    fromText: (value) => value,
  };
}

/** Where to listen. */
export function host(about: About<string>): Setting<string> {
  return text({
    ...about,
    rule: "an IP address without brackets or port, or a host name",
    accepts: (value) => isIP(value) !== 0 || /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(value),
  });
}

/**
 * Whether a path is meant as it stands. Nobody fills in ~ or variables here: they would become names of files; and so
 * would a path of Windows, and one with line breaks or tabs, which are backslashes that a format took for its own.
 */
export function isPlainPath(value: string): boolean {
  return !/^~|\p{Cc}|\$\{|(?:^|\/)\$\w|%\w+%|^[A-Za-z]:/u.test(value);
}

/** What {@link isPlainPath} demands, to follow what the path is of. */
export const plainPathRule = "without ~, variables or a drive letter";

/** The path of a file that need not be given. */
export function file({ help }: { readonly help: string }): Setting<string> {
  return text({
    default: "",
    help,
    rule: `the path of a file ${plainPathRule}, or empty for none`,
    accepts: isPlainPath,
  });
}

/** A text that need not be given. */
export function optional({ help }: { readonly help: string }): Setting<string> {
  return text({ default: "", help, rule: "a text, or empty for none", accepts: () => true });
}

/** One of a few words. */
export function choice<const W extends string>(about: About<W> & { words: readonly W[] }): Setting<W> {
  return {
    type: z.enum(about.words),
    rule: `one of ${about.words.join(", ")}`,
    default: about.default,
    unit: about.unit ?? "",
    help: about.help,
    fromText: (value) => value,
  };
}

/** True or false. */
export function toggle(about: About<boolean>): Setting<boolean> {
  return {
    type: z.boolean(),
    rule: "true or false",
    default: about.default,
    unit: about.unit ?? "",
    help: about.help,
    fromText: (value) => (/^true$/i.test(value) ? true : /^false$/i.test(value) ? false : value),
  };
}
