import {
  grown,
  isInQuota,
  type QuotaLimits,
  type Quotas,
  quotaOfLimits,
  quotasOn,
  storedLimits,
  type Usage,
} from "./quota.ts";

/** Quotas, and what subtrees hold, as the staged changes leave them. */
export class StagedQuotas implements Quotas {
  readonly #base: Quotas;
  /** Those that staged changes touch; undefined means gone. */
  readonly #entries = new Map<string, { readonly quota: Quota | undefined; readonly zxid: number }>();
  /** The entries that were put, and what every staged change adds, in the order of the zxids. */
  readonly #puts: { readonly zxid: number; readonly path: string }[] = [];
  readonly #growths: { readonly zxid: number; readonly path: string; readonly by: Usage }[] = [];

  constructor(base: Quotas) {
    this.#base = base;
  }

  get hasQuotas(): boolean {
    return this.#base.hasQuotas || this.#entries.size > 0;
  }

  quotaLimits(path: string): QuotaLimits | undefined {
    const entry = this.#entries.get(path);
    return entry === undefined ? this.#base.quotaLimits(path) : entry.quota?.limits;
  }

  usage(path: string): Usage {
    const entry = this.#entries.get(path);
    if (entry?.quota !== undefined) return entry.quota.usage;
    const base = this.#base.usage(path);
    // A quota that no staged change touches.
    if (entry === undefined && this.#base.quotaLimits(path) !== undefined) return base;
    const inside = this.#growths.filter((growth) => isInQuota(growth.path, path));
    return inside.reduce((sum, { by }) => grown(sum, by), base);
  }

  /** A node has come, gone or changed its data: it counts for every quota between the root and it. */
  changed(path: string, by: Usage, zxid: number): void {
    if (by.count === 0 && by.bytes === 0) return;
    this.#growths.push({ path, by, zxid });
    for (const quotaPath of quotasOn(path, this)) {
      const limits = this.quotaLimits(quotaPath)!;
      this.#put(quotaPath, { limits, usage: grown(this.usage(quotaPath), by) }, zxid);
    }
  }

  /** If it is the node that sets a quota, this is what it says now; undefined when it has gone. */
  told(path: string, data: Uint8Array | undefined, zxid: number): void {
    const quotaPath = quotaOfLimits(path);
    if (quotaPath === undefined) return;
    const quota = data && { limits: storedLimits(data), usage: this.usage(quotaPath) };
    this.#put(quotaPath, quota, zxid);
  }

  /** The quota of a path, or that there is none, stays here as it is now, whatever becomes of the visible state. */
  hold(path: string): void {
    const limits = this.quotaLimits(path);
    this.#put(path, limits && { limits, usage: this.usage(path) }, 0);
  }

  /** The visible state is at this zxid: it says the same as what is no newer. */
  settle(zxid: number): void {
    const puts = countThrough(zxid, this.#puts);
    for (const { path } of this.#puts.splice(0, puts)) {
      if ((this.#entries.get(path)?.zxid ?? 0) <= zxid) this.#entries.delete(path);
    }
    this.#growths.splice(0, countThrough(zxid, this.#growths));
  }

  clear(): void {
    this.#entries.clear();
    this.#puts.length = 0;
    this.#growths.length = 0;
  }

  #put(path: string, quota: Quota | undefined, zxid: number): void {
    this.#entries.set(path, { quota, zxid });
    this.#puts.push({ path, zxid });
  }
}

interface Quota {
  readonly limits: QuotaLimits;
  readonly usage: Usage;
}

/** How many at the beginning of the list are no newer. */
function countThrough(zxid: number, list: readonly { readonly zxid: number }[]): number {
  let count = 0;
  while ((list[count]?.zxid ?? Number.POSITIVE_INFINITY) <= zxid) count++;
  return count;
}
