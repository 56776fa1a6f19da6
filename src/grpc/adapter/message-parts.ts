import { messagePartsMax } from "../../limits.ts";

const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/**
 * Whether a message has more fields at its top than are worth decoding: two million empty operations fit into
 * 4 MiB, and would hold everybody up for half a second. What is malformed is left to the decoder.
 */
export function hasTooManyParts(bytes: Uint8Array): boolean {
  // A part takes at least two bytes, so most messages need not be looked at.
  if (bytes.length <= 2 * messagePartsMax) return false;
  let at = 0;
  for (let parts = 1; at < bytes.length; parts++) {
    if (parts > messagePartsMax) return true;
    const type = bytes[at]! & 7;
    at = endOfVarint(bytes, at);
    if (type === wireType.varint) at = endOfVarint(bytes, at);
    else if (type === wireType.fixed64) at += 8;
    else if (type === wireType.fixed32) at += 4;
    else if (type === wireType.lengthDelimited) at = endOfVarint(bytes, at) + varintAt(bytes, at);
    else return false;
  }
  return false;
}

function endOfVarint(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! >= 128) at++;
  return at + 1;
}

function varintAt(bytes: Uint8Array, start: number): number {
  let value = 0;
  let scale = 1;
  for (let at = start; at < bytes.length; at++, scale *= 128) {
    value += (bytes[at]! & 127) * scale;
    if (bytes[at]! < 128) break;
  }
  return value;
}
