/**
 * Deadlines in buckets, as in ZooKeeper's ExpiryQueue: a turn looks into the buckets that are due and nowhere
 * else. A heartbeat only notes the time; an entry whose deadline has moved meanwhile is found in its old
 * bucket and carried to the new one, so a beat costs one assignment and a turn costs the sessions of a bucket.
 */
export class ExpiryQueue<Item extends { readonly deadlineMs: number }> {
  readonly #intervalMs: number;
  readonly #buckets = new Map<number, Set<Item>>();
  readonly #bucketOf = new Map<Item, number>();
  #turn: number;

  /** @param nowMs where the first turn starts. */
  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    this.#turn = Math.floor(nowMs / intervalMs);
  }

  get size(): number {
    return this.#bucketOf.size;
  }

  /** Files an item, or files it anew when its deadline has come nearer. */
  put(item: Item): void {
    this.remove(item);
    // Rounded up, never to a bucket that has had its turn: an item is not due before its deadline.
    const bucket = Math.max(Math.ceil(item.deadlineMs / this.#intervalMs), this.#turn + 1);
    this.#bucketOf.set(item, bucket);
    const items = this.#buckets.get(bucket);
    if (items === undefined) this.#buckets.set(bucket, new Set([item]));
    else items.add(item);
  }

  remove(item: Item): void {
    const bucket = this.#bucketOf.get(item);
    if (bucket === undefined) return;
    this.#bucketOf.delete(item);
    const items = this.#buckets.get(bucket)!;
    items.delete(item);
    if (items.size === 0) this.#buckets.delete(bucket);
  }

  /**
   * Takes out items whose deadline is over: all of them, or as many as asked for; then the next call goes on. The
   * time may jump, as a wall clock does: a jump costs no more than the buckets that there are.
   */
  takeDue(nowMs: number, countMax = Number.POSITIVE_INFINITY): Item[] {
    const due: Item[] = [];
    const last = Math.floor(nowMs / this.#intervalMs);
    if (last < this.#turn) this.#goBack(last);
    for (const bucket of this.#bucketsUpTo(last)) {
      this.#turn = bucket;
      for (const item of this.#buckets.get(bucket)!) {
        if (due.length === countMax) {
          this.#turn = bucket - 1;
          return due;
        }
        if (item.deadlineMs > nowMs) this.put(item);
        else {
          this.remove(item);
          due.push(item);
        }
      }
    }
    this.#turn = last;
    return due;
  }

  /** The clock was set back: what was filed since then is in the bucket that was next, but may be due before it. */
  #goBack(turn: number): void {
    const next = [...(this.#buckets.get(this.#turn + 1) ?? [])];
    this.#turn = turn;
    for (const item of next) this.put(item);
  }

  /** The buckets with something in them, in order. */
  #bucketsUpTo(last: number): number[] {
    const turns = last - this.#turn;
    if (turns > this.#buckets.size) {
      return [...this.#buckets.keys()].filter((bucket) => bucket <= last).sort((a, b) => a - b);
    }
    const all = Array.from({ length: Math.max(turns, 0) }, (_, i) => this.#turn + 1 + i);
    return all.filter((bucket) => this.#buckets.has(bucket));
  }
}
