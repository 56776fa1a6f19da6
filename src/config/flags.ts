import { parseArgs } from "node:util";
import type { Found } from "./config-file.ts";
import { didYouMean } from "./nearest.ts";
import { namesOf, type SettingName, schema, settingNames } from "./settings.ts";
import { shown, UsageError } from "./usage-error.ts";

export const configFlag = "--config";

export interface Flags {
  readonly values: Map<SettingName, Found>;
  readonly configFile: string | undefined;
  /** Those of the verb's own switches that were given. */
  readonly switches: ReadonlySet<string>;
}

/**
 * Reads a command line that holds settings, `--config FILE` and the given switches (`--json`), which take no
 * value. The last one of a repeated flag counts. Anything else throws a UsageError.
 */
export function parseFlags(args: readonly string[], switches: readonly string[] = []): Flags {
  const byFlag = new Map(settingNames.map((name) => [namesOf(name).flag, name]));
  const isToggle = (flag: string) => typeof schema[byFlag.get(flag) ?? "host"].default === "boolean";
  const values = new Map<SettingName, Found>();
  const given = new Set<string>();
  let configFile: string | undefined;
  const valued = [...byFlag.keys(), configFlag].filter((flag) => !isToggle(flag));
  for (const { flag, value } of tokens(args, valued)) {
    const name = byFlag.get(flag);
    if (flag === configFlag) configFile = needed(flag, value);
    else if (switches.includes(flag) && value === undefined) given.add(flag);
    else if (name !== undefined && isToggle(flag) && value === undefined) {
      values.set(name, { value: true, source: flag });
    } else if (name !== undefined) values.set(name, { text: needed(flag, value), source: flag });
    else if (switches.includes(flag)) throw new UsageError(`${flag} takes no value`);
    else
      throw new UsageError(
        `unknown flag ${flag}${didYouMean(flag, [...byFlag.keys(), configFlag, ...switches])}`,
      );
  }
  return { values, configFile, switches: given };
}

/** Cuts the command line into flags and their values; what is neither throws a UsageError. */
function* tokens(args: readonly string[], valued: readonly string[]) {
  const options = Object.fromEntries(valued.map((flag) => [flag.slice(2), { type: "string" as const }]));
  const parsed = parseArgs({ args: [...args], options, strict: false, tokens: true });
  // One by one, so that `--prot 1` is told of `--prot`, and not of a 1 that belongs to nothing.
  for (const token of parsed.tokens) {
    if (token.kind === "positional") throw new UsageError(`unexpected argument ${shown(token.value)}`);
    if (token.kind === "option-terminator") continue;
    // `--data-dir --port 1`: the value was forgotten, and the next flag is none.
    const forgotten = token.inlineValue === false && token.value.startsWith("--");
    yield { flag: token.rawName, value: forgotten ? undefined : token.value };
  }
}

function needed(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} needs a value`);
  return value;
}
