/**
 * A matcher that backtracks as the engines of JavaScript do, and counts its steps: what a pattern costs shows without
 * a clock. It knows the syntax that the sources use, and throws at any other.
 */

export type Node =
  | { readonly kind: "one"; readonly text: string }
  | { readonly kind: "edge"; readonly text: string }
  | { readonly kind: "all"; readonly parts: readonly Node[] }
  | { readonly kind: "any"; readonly parts: readonly Node[] }
  | { readonly kind: "look"; readonly part: Node; readonly behind: boolean; readonly not: boolean }
  | {
      readonly kind: "many";
      readonly part: Node;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    };

const unlimited = Number.POSITIVE_INFINITY;

export function parsePattern(source: string): Node {
  let at = 0;
  const rest = () => source.slice(at);
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest());
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };
  const alternatives = (): Node => {
    const parts = [sequence()];
    while (take(/^\|/)) parts.push(sequence());
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  };
  const sequence = (): Node => {
    const parts: Node[] = [];
    while (at < source.length && !/^[|)]/.test(rest())) parts.push(quantified(atom()));
    return { kind: "all", parts };
  };
  const atom = (): Node => {
    const group = take(/^\((\?(:|<?[=!]|<\w+>))?/);
    if (group !== undefined) {
      const part = alternatives();
      if (!take(/^\)/)) throw new Error(`no end of a group in ${source}`);
      const [, , kind = ""] = group;
      if (!/[=!]$/.test(kind)) return part;
      return { kind: "look", part, behind: kind.startsWith("<"), not: kind.endsWith("!") };
    }
    const edge = take(/^(\^|\$|\\b|\\B)/);
    if (edge !== undefined) return { kind: "edge", text: edge[0] };
    const one = take(
      /^(\[\^?(\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[^1-9k]|[^\\[\]()|*+?{}]|[\]}])/s,
    );
    if (one === undefined) throw new Error(`${source} has ${rest()}, which this matcher does not know`);
    return { kind: "one", text: one[0] };
  };
  const quantified = (part: Node): Node => {
    const found = take(/^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/);
    if (found === undefined) return part;
    const [, sign, least = "", comma, most, lazy] = found;
    const bounds =
      sign === undefined
        ? { min: Number(least), max: comma === "" ? Number(least) : most === "" ? unlimited : Number(most) }
        : { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : unlimited };
    return { kind: "many", part, ...bounds, lazy: lazy === "?" };
  };
  const whole = alternatives();
  if (at < source.length) throw new Error(`${source} has ${rest()} left over`);
  return whole;
}

/** How many steps it takes to find all matches of a pattern, or that there are none. */
export function stepsOf({ source, flags }: RegExp, text: string, most: number): number {
  const counter = new Matcher(parsePattern(source), flags, text, most);
  for (let from = 0; from <= text.length; ) {
    const end = counter.matchAt(from);
    if (flags.includes("y") && end === undefined) break;
    if (!/[gy]/.test(flags) && end !== undefined) break;
    from = end === undefined || end === from ? from + 1 : end;
    if (counter.steps > most) break;
  }
  return counter.steps;
}

type Then = (at: number) => boolean;

class Matcher {
  steps = 0;
  readonly #root: Node;
  readonly #text: string;
  readonly #flags: string;
  readonly #most: number;
  readonly #ones = new Map<string, (char: string) => boolean>();

  constructor(root: Node, flags: string, text: string, most: number) {
    this.#root = root;
    this.#flags = flags.replace(/[dgy]/g, "");
    this.#text = text;
    this.#most = most;
  }

  matchAt(from: number): number | undefined {
    let end: number | undefined;
    this.#match(this.#root, from, (at) => {
      end = at;
      return true;
    });
    return end;
  }

  #match(node: Node, at: number, then: Then): boolean {
    // Nothing more is to be learnt: every way is cut off.
    if (++this.steps > this.#most) return true;
    switch (node.kind) {
      case "one":
        return at < this.#text.length && this.#isOne(node.text, this.#text[at]!) && then(at + 1);
      case "edge":
        return this.#isEdge(node.text, at) && then(at);
      case "all":
        return this.#all(node.parts, 0, at, then);
      case "any":
        return node.parts.some((part) => this.#match(part, at, then));
      case "look":
        return this.#looks(node, at) !== node.not && then(at);
      case "many":
        return this.#many(node, 0, at, then);
    }
  }

  #all(parts: readonly Node[], index: number, at: number, then: Then): boolean {
    const part = parts[index];
    return part === undefined
      ? then(at)
      : this.#match(part, at, (end) => this.#all(parts, index + 1, end, then));
  }

  #many(node: Extract<Node, { kind: "many" }>, count: number, at: number, then: Then): boolean {
    const more = () =>
      count < node.max &&
      this.#match(
        node.part,
        at,
        (end) => (end > at || count < node.min) && this.#many(node, count + 1, end, then),
      );
    if (count < node.min) return more();
    return node.lazy ? then(at) || more() : more() || then(at);
  }

  #looks({ part, behind }: Extract<Node, { kind: "look" }>, at: number): boolean {
    if (!behind) return this.#match(part, at, () => true);
    for (let from = at; from >= 0; from--) if (this.#match(part, from, (end) => end === at)) return true;
    return false;
  }

  #isOne(text: string, char: string): boolean {
    let test = this.#ones.get(text);
    if (test === undefined) {
      const pattern = new RegExp(`^${text}$`, this.#flags);
      const known = new Map<string, boolean>();
      test = (each) => {
        if (!known.has(each)) known.set(each, pattern.test(each));
        return known.get(each)!;
      };
      this.#ones.set(text, test);
    }
    return test(char);
  }

  #isEdge(text: string, at: number): boolean {
    const before = this.#text[at - 1];
    const after = this.#text[at];
    const lines = this.#flags.includes("m");
    const isWord = (char: string | undefined) => char !== undefined && /\w/.test(char);
    if (text === "^") return before === undefined || (lines && before === "\n");
    if (text === "$") return after === undefined || (lines && after === "\n");
    return (isWord(before) !== isWord(after)) === (text === "\\b");
  }
}
