import { UsageError } from "../config/usage-error.ts";

/** Tells what a person looks for. */
export interface Pattern {
  test(text: string): boolean;
}

/** A regular expression, plain text, or a name with * and ?. @throws UsageError */
export function patternOf(
  text: string,
  { ignoreCase, glob, fixed }: { readonly ignoreCase?: true; readonly glob?: boolean; readonly fixed?: true },
): Pattern {
  const flags = ignoreCase ? "iu" : "u";
  const quoted = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (glob) return globPattern(text, ignoreCase === true);
  try {
    return new RegExp(fixed ? quoted : text, flags);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --fixed looks for plain text`);
  }
}

/** Not a regular expression: with several * it would try every way to share a name out among them. */
function globPattern(glob: string, ignoreCase: boolean): Pattern {
  const charsOf = (text: string) => [...(ignoreCase ? text.toLowerCase() : text)];
  const wanted = charsOf(glob);
  return { test: (text) => matchesGlob(charsOf(text), wanted) };
}

function matchesGlob(chars: readonly string[], wanted: readonly string[]): boolean {
  let next = 0;
  // The last * and where what it stands for ends: the only thing that is ever tried again.
  let star = -1;
  let starEnd = 0;
  for (let at = 0; at < chars.length; ) {
    if (wanted[next] === "*") {
      star = next++;
      starEnd = at;
    } else if (next < wanted.length && (wanted[next] === "?" || wanted[next] === chars[at])) {
      next++;
      at++;
    } else if (star !== -1) {
      next = star + 1;
      at = ++starEnd;
    } else return false;
  }
  return wanted.slice(next).every((char) => char === "*");
}
