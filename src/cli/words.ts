import { UsageError } from "../config/usage-error.ts";

/**
 * Cuts a line into words as shells do: at blanks and tabs, but not within "..." or '...', and a backslash takes the next
 * letter as it is (except within '...'). A # at the beginning of a word begins a comment. @throws UsageError
 */
export function wordsIn(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === "\\" && quote !== "'") {
      at++;
      if (at === line.length) throw new UsageError("a line must not end with a backslash");
      word = (word ?? "") + line[at];
    } else if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else word = (word ?? "") + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/[ \t\r\n]/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "#" && word === undefined) return words;
    else word = (word ?? "") + letter;
  }
  if (quote !== undefined) throw new UsageError(`a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

/** A word as it must be written to be read as one. */
export function quoted(word: string): string {
  return word === "" || /[\s"'\\#]/.test(word) ? `"${word.replaceAll(/["\\]/g, "\\$&")}"` : word;
}
