/**
 * As much of HPACK as a load generator needs: it sends every header as static index or literal, forbids the other
 * side a dynamic table, and looks for one header in what comes back.
 */

const name = Buffer.from("grpc-status");
/** The same in HPACK's Huffman code. */
const huffmanName = Buffer.from("9acac8b21234da8f", "hex");

/** A block of request headers for a gRPC method. */
export function requestHeaders(path: string): Buffer {
  const literal = (text: string) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
  return Buffer.concat([
    Buffer.of(0x83, 0x86), // :method POST, :scheme http
    Buffer.of(0x04),
    literal(path),
    Buffer.of(0x01),
    literal("127.0.0.1"),
    Buffer.of(0x0f, 0x10), // content-type
    literal("application/grpc"),
    Buffer.of(0x00),
    literal("te"),
    literal("trailers"),
  ]);
}

/** Whether a block of response headers holds grpc-status 0; false also when it holds none. */
export function isOk(block: Buffer): boolean {
  let at = 0;
  const integer = (bits: number): number => {
    const most = 2 ** bits - 1;
    let value = block[at++]! & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++]!;
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const text = (): Buffer => {
    const length = integer(7);
    at += length;
    return block.subarray(at - length, at);
  };
  while (at < block.length) {
    const byte = block[at]!;
    if (byte >= 0x80) {
      if (integer(7) > 61) throw new Error("the server uses a dynamic table that it must not have");
    } else if (byte >= 0x20 && byte < 0x40) {
      integer(5);
    } else {
      const index = integer(byte >= 0x40 ? 6 : 4);
      const key = index === 0 ? text() : undefined;
      const value = text();
      if (key?.equals(name) || key?.equals(huffmanName))
        return value.length === 1 && (value[0] === 0x30 || value[0] === 0x07);
    }
  }
  return false;
}
