// Regular expressions of the sources must not take more than linear time, whatever text they get.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Node, parsePattern, stepsOf } from "./support/regexp-steps.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A literal stands where no value could be divided: after an operator, a bracket or `return`. */
const literal =
  /(?:(?<=[(=,:?!&|[{;>])|(?<=\breturn)|^)\s*\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])+)\/([dgimsuvy]*)(?=[.,;)\]}\s])/gm;

const patterns = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "src/*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .flatMap((file) => {
    const code = readFileSync(join(root, file), "utf8").replace(/^#!.*|^\s*(\/\/|\/?\*).*$/gm, "");
    return [...code.matchAll(literal)].map(([, source = "", flags]) => ({
      file,
      pattern: new RegExp(source, flags),
    }));
  });

test("patterns are found where there are some", () => {
  expect(patterns.length).toBeGreaterThan(50);
});

test.each(patterns)("$file: $pattern takes linear time", ({ pattern }) => {
  expect(worstOf(pattern)).toBeUndefined();
});

test.each([
  /^(a+)+$/,
  /\s+$/,
  /^\s*(\w+)\s*=\s*([+-]?\d{1,19})?\s*=?\s*$/,
  /(\w+)=(-?\d+)/g,
  /a.*b/,
  /^(?:x|y)*(?:x|z)*$/,
  /^a*,?a*$/,
])("the search finds what is worse: %s", (pattern) => {
  expect(worstOf(pattern)).toBeDefined();
});

const short = 60;
const long = 4 * short;

/** A text for which the steps grow much faster than its length; undefined if the search finds none. */
function worstOf(pattern: RegExp): string | undefined {
  const tree = parsePattern(pattern.source);
  const alphabet = alphabetOf(tree, pattern.flags);
  const ends = ["", "\u0000", "\n", "!", ...alphabet].slice(0, 10);
  const starts = startsOf(tree, pattern.flags);
  const hearts = heartsOf(tree).map((part) => exampleOf(part, pattern.flags));
  const pumps = new Set([...alphabet, ...hearts, ...starts]);
  for (const a of alphabet) for (const b of alphabet) if (pumps.size < 60) pumps.add(a + b);
  // A repetition at the start of a pattern may begin anywhere behind something else.
  for (const start of [...starts, "\u0001"]) {
    for (const pump of pumps) {
      if (pump === "") continue;
      for (const end of ends) {
        const text = (length: number) => start + pump.repeat(Math.ceil(length / pump.length)) + end;
        const few = stepsOf(pattern, text(short), 1_000_000);
        const bound = 6 * few + 1_000;
        if (stepsOf(pattern, text(long), bound) > bound) return text(1);
      }
    }
  }
  return undefined;
}

/** A character for each thing that the pattern tells apart. */
function alphabetOf(tree: Node, flags: string): string[] {
  const ones = new Set<string>();
  visit(tree, (node) => {
    if (node.kind === "one") ones.add(node.text);
  });
  return [...new Set([...ones].map((text) => charOf(text, flags)))].slice(0, 14);
}

/** What comes before each repetition, at its shortest, and with a round of each repetition before it. */
function startsOf(tree: Node, flags: string): Set<string> {
  const starts = new Set([""]);
  const walk = (node: Node, before: string): string => {
    if (node.kind === "all") return node.parts.reduce((text, part) => walk(part, text), before);
    if (node.kind === "any") {
      for (const part of node.parts) walk(part, before);
      return before + exampleOf(node, flags);
    }
    if (node.kind === "many") {
      starts.add(before);
      const inside = walk(node.part, before);
      starts.add(inside);
      return node.min === 0 ? before : inside;
    }
    return before + exampleOf(node, flags);
  };
  walk(tree, "");
  return starts;
}

/** The insides of repetitions. */
function heartsOf(tree: Node): Node[] {
  const hearts: Node[] = [];
  visit(tree, (node) => {
    if (node.kind === "many") hearts.push(node.part);
  });
  return hearts;
}

function exampleOf(node: Node, flags: string): string {
  switch (node.kind) {
    case "one":
      return charOf(node.text, flags);
    case "all":
      return node.parts.map((part) => exampleOf(part, flags)).join("");
    case "any":
      return exampleOf(node.parts[0]!, flags);
    case "many":
      return exampleOf(node.part, flags).repeat(Math.max(1, node.min));
    default:
      return "";
  }
}

const candidates = [
  ..." aA0=:,.-_/\\\"'+\n\t#",
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
  "\uFEFF",
];

function charOf(text: string, flags: string): string {
  const one = new RegExp(`^${text}$`, flags.replace(/[dgmy]/g, ""));
  return candidates.find((char) => one.test(char)) ?? "";
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  if ("parts" in node) for (const part of node.parts) visit(part, see);
  if ("part" in node) visit(node.part, see);
}
