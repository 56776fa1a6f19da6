import { UsageError } from "../config/usage-error.ts";

/** What a person looks for: a regular expression, plain text, or a name with * and ?. @throws UsageError */
export function patternOf(
  text: string,
  { ignoreCase, glob, fixed }: { readonly ignoreCase?: true; readonly glob?: boolean; readonly fixed?: true },
): RegExp {
  const flags = ignoreCase ? "iu" : "u";
  const quoted = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (glob) return new RegExp(`^${quoted.replaceAll("\\*", ".*").replaceAll("\\?", ".")}$`, `${flags}s`);
  try {
    return new RegExp(fixed ? quoted : text, flags);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --fixed looks for plain text`);
  }
}
