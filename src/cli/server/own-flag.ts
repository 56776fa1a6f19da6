import { UsageError } from "../../config/usage-error.ts";

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
