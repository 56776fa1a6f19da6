import { UsageError } from "./usage-error.ts";

/** One entry of a Java properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** The first character of the value whose backslash meant nothing, so that the format drops it. */
  readonly dropped: string | undefined;
}

/**
 * Reads the format of zoo.cfg: that of java.util.Properties, with both ends of keys and values trimmed as
 * ZooKeeper trims them. A key may appear more than once. As in Java, only a \u without its four digits is a fault.
 */
export function parseProperties(content: string, file: string): Property[] {
  return logicalLines(content.replace(/^\uFEFF/, "")).map(({ text, line }) => {
    if (/^(?:[^\\]|\\u[0-9A-Fa-f]{4}|\\[^u])*\\u(?![0-9A-Fa-f]{4})/s.test(text)) {
      throw new UsageError(
        `${file} line ${line}: \\u must be followed by four hexadecimal digits; write \\\\ for a backslash`,
      );
    }
    // The key ends at the first =, : or white space that no backslash protects.
    const [, key, value] = /^((?:[^\\=:\s]|\\.)*)\s*[=:]?\s*(.*)$/s.exec(text)!;
    return {
      key: unescaped(key!).trim(),
      value: unescaped(value!).trim(),
      line,
      dropped: /^(?:[^\\]|\\[tnrfu\\=:#!\s])*\\([^tnrfu\\=:#!\s])/.exec(value!)?.[1],
    };
  });
}

/** Joins continued lines, and drops comments and blank lines. */
function logicalLines(content: string): { text: string; line: number }[] {
  const lines: { text: string; line: number }[] = [];
  let continued = false;
  for (const [index, natural] of content.split(/\r\n|\r|\n/).entries()) {
    const text = natural.replace(/^[ \t\f]+/, "");
    const last = lines.at(-1);
    // Within a continued line neither # nor ! begins a comment.
    if (!continued && (text === "" || text.startsWith("#") || text.startsWith("!"))) continue;
    // An odd number of backslashes: the last one is not itself escaped.
    const continues = /(?<!\\)(?:\\\\)*\\$/.test(text);
    const body = continues ? text.slice(0, -1) : text;
    if (continued && last !== undefined) last.text += body;
    else lines.push({ text: body, line: index + 1 });
    continued = continues;
  }
  return lines;
}

const controls: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** `\uXXXX`, `\t` and the like; a backslash before anything else only disappears. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_, hex?: string, char?: string) =>
    hex === undefined ? (controls[char!] ?? char!) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
