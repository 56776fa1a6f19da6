/**
 * What makes a terminal obey, or shows a text as something else: control characters, those that turn the direction of
 * writing, and the separators that some programs take for line ends.
 */
const commanding = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text in one line, in which everything can be seen: "a\u001b[2J" with a backslash. JSON stays JSON, and the same. */
export function visible(text: string): string {
  return text.replaceAll(commanding, escaped);
}

/** The same of a text that may have several lines, and tabs. */
export function visibleLines(text: string): string {
  return text.replaceAll(commanding, (character) =>
    character === "\n" || character === "\t" ? character : escaped(character),
  );
}

/** A name that can be shown as it is. */
export function isPlain(name: string): boolean {
  return name.search(commanding) === -1;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
