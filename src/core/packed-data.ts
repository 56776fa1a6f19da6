/**
 * A node's data at rest. Up to a page it is kept as a string of one byte per character: V8 stores that inline
 * on its heap with 16 bytes of overhead, where a Uint8Array of its own costs over 200. Larger data is a copy
 * in its own buffer, off the heap.
 */
export type PackedData = string | Uint8Array;

const stringBytesMax = 4096;

/** Copies, so that the caller's buffer, often a slice of a whole batch, can go. */
export function pack(data: Uint8Array): PackedData {
  if (data.length === 0) return "";
  if (data.length > stringBytesMax) return new Uint8Array(data);
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
}

/** The bytes; to be treated as read-only. */
export function unpack(packed: PackedData): Uint8Array {
  return typeof packed === "string" ? Buffer.from(packed, "latin1") : packed;
}

/** The same text without the longer text it was cut from: V8 slices refer to their origin. */
export function ownString(text: string): string {
  // Shorter strings are always copied when cut.
  return text.length < 13 ? text : Buffer.from(text).toString();
}
