import type { ServerStream } from "./stream.ts";

const slotsMin = 16;

/**
 * The open streams of a connection, by their ids. A hash table with open addressing: a table that a Map of V8 has
 * outgrown keeps pointing at what was in it, so that on a long-lived connection many a stream would grow old.
 */
export class StreamTable {
  #slots: (ServerStream | undefined)[] = new Array(slotsMin).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): ServerStream | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = home(id) & mask; ; slot = (slot + 1) & mask) {
      const stream = this.#slots[slot];
      if (stream === undefined || stream.id === id) return stream;
    }
  }

  add(stream: ServerStream): void {
    if (2 * (this.#size + 1) > this.#slots.length) this.#resize(2 * this.#slots.length);
    this.#put(stream);
    this.#size++;
  }

  delete(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = home(id) & mask;
    for (; this.#slots[slot]?.id !== id; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === undefined) return;
    }
    this.#slots[slot] = undefined;
    this.#size--;
    this.#closeGap(slot, mask);
    if (this.#slots.length > slotsMin && 8 * this.#size < this.#slots.length) {
      this.#resize(this.#slots.length / 2);
    }
  }

  /** Those that are open now; it may be changed meanwhile. */
  all(): ServerStream[] {
    return this.#slots.filter((stream) => stream !== undefined);
  }

  /** Moves back what was put behind the gap because its own slot was taken. */
  #closeGap(gap: number, mask: number): void {
    let free = gap;
    for (let slot = (gap + 1) & mask; this.#slots[slot] !== undefined; slot = (slot + 1) & mask) {
      const stream = this.#slots[slot]!;
      const distance = (slot - home(stream.id)) & mask;
      if (distance < ((slot - free) & mask)) continue;
      this.#slots[free] = stream;
      this.#slots[slot] = undefined;
      free = slot;
    }
  }

  #put(stream: ServerStream): void {
    const mask = this.#slots.length - 1;
    let slot = home(stream.id) & mask;
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & mask;
    this.#slots[slot] = stream;
  }

  #resize(slots: number): void {
    const streams = this.all();
    this.#slots = new Array(slots).fill(undefined);
    for (const stream of streams) this.#put(stream);
  }
}

/** Ids of clients are odd and count up: neighbours for those that are open together. */
function home(id: number): number {
  return id >>> 1;
}
