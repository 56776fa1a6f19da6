/** The little of protobuf's encoding that etcd's requests need. */
export function field(number: number, value: Uint8Array | string | number): Buffer {
  if (typeof value === "number") return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Whether a message holds a field at its top. It may hold others of these kinds: varints, and what has a length. */
export function hasField(message: Uint8Array, number: number): boolean {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = readVarint();
    if (key >>> 3 === number) return true;
    const value = readVarint();
    if ((key & 7) === 2) at += value;
  }
  return false;
}
