import { UsageError } from "../../config/usage-error.ts";
import { formatOf } from "../output.ts";

/** Takes `flag VALUE` out of a command line that else has the flags of a server. @throws UsageError */
export function takeFlag(
  args: readonly string[],
  flag: string,
): { readonly args: readonly string[]; readonly value: string | undefined } {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at === -1) return { args, value: undefined };
  const equals = args[at]!.indexOf("=");
  const value = equals === -1 ? args[at + 1] : args[at]!.slice(equals + 1);
  if (value === undefined) throw new UsageError(`${flag} needs a value`);
  return { args: args.toSpliced(at, equals === -1 ? 2 : 1), value };
}

/** Takes `-o FORMAT` out of such a line, by which programs ask every verb for JSON. @throws UsageError */
export function takeOutput(args: readonly string[]): {
  readonly args: readonly string[];
  readonly isJson: boolean;
} {
  const long = takeFlag(args, "--output");
  const short = takeFlag(long.args, "-o");
  return { args: short.args, isJson: formatOf(short.value ?? long.value ?? "table") !== "table" };
}
