/** A word that somebody types. */
export interface TypedWord {
  /** What it says, without its quotes. */
  readonly text: string;
  /** As it stands on the line. */
  readonly raw: string;
  /** The quote that is open at its end. */
  readonly quote: string | undefined;
  /** Where the last part of it begins, in `text` and in `raw`: after an open quote, or after a character that ends words. */
  readonly partAt: { readonly text: number; readonly raw: number };
  /** A quote in it was opened and closed. */
  readonly hasQuoted: boolean;
}

/**
 * Cuts a line that is not complete as shells do, and so never fails: the words before, without their quotes, and the
 * last one. @param breaks besides blanks, what ends a word for the line editor of bash, though not for bash.
 */
export function typedLine(
  line: string,
  breaks = "",
): { readonly before: readonly string[]; readonly last: TypedWord } {
  const before: string[] = [];
  let start = 0;
  let text = "";
  let quote: string | undefined;
  let partAt = { text: 0, raw: 0 };
  let hasQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    const end = { raw: at + 1 - start };
    if (letter === "\\" && quote !== "'") text += line[++at] ?? "";
    else if (letter === quote) {
      quote = undefined;
      hasQuoted = true;
    } else if (quote !== undefined) text += letter;
    else if (letter === '"' || letter === "'") {
      quote = letter;
      partAt = { text: text.length, ...end };
    } else if (/[ \t\n]/.test(letter)) {
      if (at > start) before.push(text);
      start = at + 1;
      text = "";
      partAt = { text: 0, raw: 0 };
      hasQuoted = false;
    } else {
      text += letter;
      if (breaks.includes(letter)) partAt = { text: text.length, ...end };
    }
  }
  return { before, last: { text, raw: line.slice(start), quote, partAt, hasQuoted } };
}

/** A text as it must be typed to be that, for bash and for Corral's own shell: within an open quote, or without one. */
export function typedAs(text: string, quote: string | undefined): string {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  if (quote === '"') return text.replaceAll(/["$`\\]/g, "\\$&");
  return text.replaceAll(/[^\p{L}\p{M}\p{N}_./:=@%+,-]/gu, "\\$&");
}

/** What a word becomes in Corral's own shell, with a quote that is open closed again. */
export function wholeWord({ text, raw, quote, partAt }: TypedWord, candidate: string): string {
  if (quote === undefined || !candidate.startsWith(text.slice(0, partAt.text)))
    return typedAs(candidate, undefined);
  return `${raw.slice(0, partAt.raw)}${typedAs(candidate.slice(partAt.text), quote)}${quote}`;
}

/** What bash puts in the place of the last part of a word; nothing where that is not known. */
export function lastPart({ text, quote, partAt, hasQuoted }: TypedWord, candidate: string): string[] {
  // Bash would expand ! within "...", whatever is before it.
  if (hasQuoted || (quote === '"' && candidate.includes("!"))) return [];
  return candidate.startsWith(text.slice(0, partAt.text))
    ? [typedAs(candidate.slice(partAt.text), quote)]
    : [];
}
