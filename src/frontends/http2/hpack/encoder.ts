import { staticTable } from "./static-table.ts";

/**
 * Encodes a header block without the dynamic table and without Huffman: so a block means the same on every
 * connection, and those of usual answers are constants. Names must be in lower case; strings are latin1.
 */
export function encodeHeaders(fields: Iterable<readonly [name: string, value: string]>): Buffer {
  return Buffer.concat([...fields].map(([name, value]) => encodeField(name, value)));
}

function encodeField(name: string, value: string): Buffer {
  const whole = indexOf(([staticName, staticValue]) => staticName === name && staticValue === value);
  if (whole > 0) return integer(whole, 7, 0x80);
  const named = indexOf(([staticName]) => staticName === name);
  // A literal that is not indexed (6.2.2).
  if (named > 0) return Buffer.concat([integer(named, 4, 0), string(value)]);
  return Buffer.concat([integer(0, 4, 0), string(name), string(value)]);
}

function indexOf(fits: (entry: (typeof staticTable)[number]) => boolean): number {
  return staticTable.findIndex(fits) + 1;
}

function string(text: string): Buffer {
  return Buffer.concat([integer(text.length, 7, 0), Buffer.from(text, "latin1")]);
}

/** RFC 7541, 5.1. */
function integer(value: number, prefixBits: number, pattern: number): Buffer {
  const full = (1 << prefixBits) - 1;
  if (value < full) return Buffer.from([pattern | value]);
  const bytes = [pattern | full];
  let rest = value - full;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
