import { badArgument } from "./convert.ts";

/** How many items an answer may hold. */
export interface PageSizes {
  /** What is counted, for the error: "watchers". */
  readonly what: string;
  /** When the caller does not say. */
  readonly byDefault: number;
  readonly most: number;
}

/** The limit that a caller asks for. @throws Refused BAD_ARGUMENTS */
export function limitFromProto(asked: number, { what, byDefault, most }: PageSizes): number {
  if (asked === 0) return byDefault;
  if (asked >= 1 && asked <= most) return asked;
  throw badArgument("limit", `an answer holds 1 to ${most} ${what}, not ${asked}; 0 means ${byDefault}`);
}

/** The first items, as many as fit, and whether there are more. The first of them always fits. */
export function firstOf<Item>(
  items: Iterable<Item>,
  limits: {
    readonly countMax: number;
    readonly bytesMax: number;
    readonly bytesOf: (item: Item) => number;
  },
): { readonly items: Item[]; readonly more: boolean } {
  const first: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    if (first.length === limits.countMax || bytes >= limits.bytesMax) return { items: first, more: true };
    first.push(item);
    bytes += limits.bytesOf(item);
  }
  return { items: first, more: false };
}
