import type { Transaction } from "../../core/change.ts";
import { unpackTransactions } from "../codec.ts";
import type { HistoryPage } from "../journal.ts";

interface Batch {
  readonly firstZxid: number;
  readonly lastZxid: number;
  readonly packed: Uint8Array;
}

/**
 * The newest batches as they were packed for the disk: a watch that resumes from a moment ago, and thousands do
 * at once after a network hiccup, costs the worker nothing.
 */
export class RecentHistory {
  readonly #bytesMax: number;
  #batches: Batch[] = [];
  /** Batches before this index are forgotten. */
  #start = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(batch: readonly Transaction[], packed: Uint8Array): void {
    this.#batches.push({ firstZxid: batch[0]!.zxid, lastZxid: batch.at(-1)!.zxid, packed });
    // The whole buffer stays in memory, also what of it was never written.
    this.#bytes += packed.buffer.byteLength;
    while (this.#bytes > this.#bytesMax) {
      this.#bytes -= this.#batches[this.#start]!.packed.buffer.byteLength;
      this.#start++;
    }
    if (this.#start > this.#batches.length / 2) {
      this.#batches = this.#batches.slice(this.#start);
      this.#start = 0;
    }
  }

  /** One batch of what is asked for; undefined if it is not all here. */
  page(after: number, through: number): HistoryPage | undefined {
    const oldest = this.#batches[this.#start];
    if (oldest === undefined || after < oldest.firstZxid - 1) return undefined;
    const next = this.#batches[this.#indexAfter(after)];
    return next === undefined || next.firstZxid > through
      ? { transactions: [], through }
      : pageOf([next.packed], after, through);
  }

  /** The first batch that ends after a zxid. */
  #indexAfter(zxid: number): number {
    let low = this.#start;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#batches[middle]!.lastZxid <= zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The transactions of these batches that were asked for. No batch: nothing happened in between. */
export function pageOf(batches: readonly Uint8Array[], after: number, through: number): HistoryPage {
  const transactions = batches
    .flatMap((packed) => unpackTransactions(packed))
    .filter(({ zxid }) => zxid > after && zxid <= through);
  return { transactions, through: transactions.at(-1)?.zxid ?? through };
}
