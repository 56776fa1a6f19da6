import { UsageError } from "../config/usage-error.ts";
import { Failure } from "./failure.ts";
import { lineBytesMax } from "./limits.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The lines of a file or of standard input, by their bytes: LF ends one, or CRLF. Not Node's readline, which also
 * ends lines at U+2028 and U+2029: those are text, within JSON and within quotes. A byte order mark at the beginning
 * is not part of the first line. @throws Failure for a line beyond `lineBytesMax`, and whatever reading throws
 */
export async function* linesIn(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer, void> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let isFirst = true;
  const ended = (last: Buffer): Buffer => {
    const line = Buffer.concat([...begun, last]);
    begun = [];
    begunBytes = 0;
    const from = isFirst ? markBytes(line) : 0;
    isFirst = false;
    return line.subarray(from, line.at(-1) === carriageReturn ? line.length - 1 : line.length);
  };
  for await (const chunk of input) {
    let rest = Buffer.from(chunk as Uint8Array);
    for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed)) {
      yield ended(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    begun.push(rest);
    begunBytes += rest.length;
    if (begunBytes > lineBytesMax) throw new Failure(`a line is longer than ${lineBytesMax} bytes`);
  }
  if (begunBytes > 0) yield ended(Buffer.alloc(0));
}

/** Bytes as text, without a byte order mark. @throws UsageError if they are not UTF-8 */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${what} is not UTF-8`);
  }
}

function markBytes(line: Buffer): number {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
}
