import type { Http2Session, Http2Stream } from "node:http2";

/**
 * The open streams of an HTTP/2 session by their ids, in place of the Map in which Node keeps them. A table that a
 * Map of V8 has outgrown still points to the streams which were open then, and once one table has grown old, so do
 * all that follow: every sixth stream of a busy session would live until the next collection of everything. These
 * slots are emptied when a stream closes, and the Map beside them holds only numbers.
 */
export class OpenStreams {
  readonly #slots = new Map<number, number>();
  readonly #streams: (Http2Stream | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.size;
  }

  get(id: number): Http2Stream | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#streams[slot];
  }

  set(id: number, stream: Http2Stream): this {
    const slot = this.#slots.get(id) ?? this.#free.pop() ?? this.#streams.length;
    this.#slots.set(id, slot);
    this.#streams[slot] = stream;
    return this;
  }

  delete(id: number): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#slots.delete(id);
    this.#streams[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  /** As with a Map, streams may leave meanwhile, and are then not told. */
  forEach(action: (stream: Http2Stream, id: number) => void): void {
    for (const [id, slot] of this.#slots) action(this.#streams[slot]!, id);
  }
}

/**
 * Gives a session that has no streams yet slots for them. Node shows its table to nobody: should it keep it
 * elsewhere one day, this does nothing, which costs time and a test tells of.
 * @returns whether it was there to be replaced
 */
export function keepStreamsInSlots(session: Http2Session): boolean {
  const symbol = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  const state =
    symbol && (session as unknown as Record<symbol, { streams?: { readonly size: number } }>)[symbol];
  if (state?.streams?.size !== 0) return false;
  state.streams = new OpenStreams();
  return true;
}
