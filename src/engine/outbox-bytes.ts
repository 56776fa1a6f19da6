import type { NodeEvent } from "../core/event.ts";
import type { Refusal } from "../core/refusal.ts";
import type { EventForm } from "../core/watch.ts";

/** What things take while they wait for a reader: in memory, and not less than their encoding. */

/** An answer, a bookmark, or an event beside its path, its data and the ids of its watches. */
export const itemBytes = 100;

/** A fact of a refusal beside its name and value. */
const factBytes = 16;

/** A watch of an event: a stream may have many on one path. */
export const watchIdBytes = 8;

/** An event without its data. */
export function eventBytes({ path }: NodeEvent): number {
  return itemBytes + textBytes(path);
}

/** The data of an event, as far as the form asks for them. */
export function dataBytesOf({ data, previousData }: NodeEvent, form: EventForm): number {
  let bytes = 0;
  if (form.withData) bytes += data?.length ?? 0;
  if (form.withPreviousData) bytes += previousData?.length ?? 0;
  return bytes;
}

/** The end of a watch, with its reason: as a status, whose details say the message again. */
export function canceledBytes(refusal: Refusal | undefined): number {
  if (refusal === undefined) return itemBytes;
  let bytes = 2 * itemBytes + 2 * textBytes(refusal.message);
  for (const [name, value] of Object.entries(refusal.facts ?? {})) {
    bytes += factBytes + name.length + textBytes(String(value));
  }
  return bytes;
}

/** A text, in UTF-8 or in memory, whichever is more. */
export function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  // A single letter beyond Latin-1 has V8 keep two bytes for each.
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length);
}
