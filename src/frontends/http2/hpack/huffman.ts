/**
 * The Huffman code of HPACK (RFC 7541, appendix B). The code is canonical: codes grow with their length and, within
 * a length, with the symbol. So the lengths alone define it.
 */
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
] as const;

/** EOS ends no string: its first bits pad the last byte, and all of it in a string is an error. */
const endOfString = 256;

/** A state of the decoder is an inner node of the code's tree; four bits lead from one to the next. */
const nibbles = 16;
const none = -1;
const failed = -2;

interface Machine {
  /** The next state, by state and nibble; `failed` after EOS. */
  readonly next: Int16Array;
  /** The symbol that these bits complete, or `none`. A nibble completes one at most: no code is shorter than 5. */
  readonly symbol: Int16Array;
  /** Whether a string may end in a state: after less than a byte of ones. */
  readonly mayEnd: Uint8Array;
}

const { next, symbol, mayEnd } = makeMachine(makeTree());

/**
 * Decodes a string. @returns its length in `target`, which needs 8/5 of the bytes; -1 for bytes that are no string.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let nibble = 2 * start; nibble < 2 * end; nibble++) {
    const byte = bytes[nibble >> 1]!;
    const step = state * nibbles + ((nibble & 1) === 0 ? byte >> 4 : byte & 15);
    state = next[step]!;
    if (state === failed) return -1;
    if (symbol[step] !== none) target[length++] = symbol[step]!;
  }
  return mayEnd[state] === 1 ? length : -1;
}

/** Inner nodes, each with what follows a 0 and a 1: another node, or -3 - symbol for a leaf. */
type CodeTree = [number, number][];

function makeTree(): CodeTree {
  const tree: CodeTree = [[0, 0]];
  for (const [value, code] of codes().entries()) {
    let node = 0;
    for (let bit = codeLengths[value]! - 1; bit > 0; bit--) {
      const side = (code >>> bit) & 1;
      if (tree[node]![side] === 0) tree[node]![side] = tree.push([0, 0]) - 1;
      node = tree[node]![side]!;
    }
    tree[node]![code & 1] = leaf(value);
  }
  return tree;
}

function leaf(value: number): number {
  return -3 - value;
}

/** The code of each symbol, by the rule above. */
function codes(): number[] {
  const order = [...codeLengths.keys()].sort((a, b) => codeLengths[a]! - codeLengths[b]! || a - b);
  const result: number[] = [];
  let code = 0;
  let length: number = codeLengths[order[0]!]!;
  for (const value of order) {
    code <<= codeLengths[value]! - length;
    length = codeLengths[value]!;
    result[value] = code++;
  }
  return result;
}

function makeMachine(tree: CodeTree): Machine {
  const machine = {
    next: new Int16Array(tree.length * nibbles),
    symbol: new Int16Array(tree.length * nibbles).fill(none),
    mayEnd: new Uint8Array(tree.length),
  };
  for (const state of tree.keys()) {
    for (let bits = 0; bits < nibbles; bits++) {
      const step = state * nibbles + bits;
      let node = state;
      for (let bit = 3; bit >= 0 && node !== failed; bit--) {
        node = tree[node]![(bits >> bit) & 1]!;
        if (node === leaf(endOfString)) node = failed;
        else if (node < 0) {
          machine.symbol[step] = -3 - node;
          node = 0;
        }
      }
      machine.next[step] = node;
    }
  }
  for (let ones = 0, node = 0; ones < 8; ones++, node = tree[node]![1]!) machine.mayEnd[node] = 1;
  return machine;
}
