import { flag, frameSizeError, protocolError } from "./protocol.ts";

/** The payload of DATA or HEADERS without its padding (RFC 9113, 6.1). @throws ConnectionError */
export function unpadded(flags: number, payload: Buffer): Buffer {
  if ((flags & flag.padded) === 0) return payload;
  if (payload.length === 0) throw frameSizeError("a padded frame does not give the length of its padding");
  const padding = payload[0]!;
  if (padding >= payload.length) throw protocolError("a frame has more padding than bytes");
  return payload.subarray(1, payload.length - padding);
}

/** The stream that HEADERS or PRIORITY make another one depend on (5.3.1 of RFC 7540). It means nothing here. */
export function dependency(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7fffffff;
}
