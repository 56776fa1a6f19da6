import { grown, type Quota, type Quotas, quotasOn, type Usage } from "./quota.ts";

/** The quotas that staged changes touch, as those leave them: their limits, and what is used of them. */
export class StagedQuotas implements Quotas {
  readonly #base: Quotas;
  readonly #entries = new Map<string, { readonly quota: Quota | undefined; readonly zxid: number }>();
  /** In the order of the zxids. */
  readonly #touched: { readonly zxid: number; readonly path: string }[] = [];

  constructor(base: Quotas) {
    this.#base = base;
  }

  get hasQuotas(): boolean {
    return this.#base.hasQuotas || this.#entries.size > 0;
  }

  quota(path: string): Quota | undefined {
    const entry = this.#entries.get(path);
    return entry === undefined ? this.#base.quota(path) : entry.quota;
  }

  /** Undefined: the path has no quota any more. */
  put(path: string, quota: Quota | undefined, zxid: number): void {
    this.#entries.set(path, { quota, zxid });
    this.#touched.push({ path, zxid });
  }

  /** A node changes by so much: it counts for every quota on its way from the root. */
  grow(path: string, by: Usage, zxid: number): void {
    for (const quotaPath of quotasOn(path, this)) {
      const quota = this.quota(quotaPath)!;
      this.put(quotaPath, { ...quota, usage: grown(quota.usage, by) }, zxid);
    }
  }

  /** The visible state is at this zxid: it says the same as entries that are no newer. */
  settle(zxid: number): void {
    let count = 0;
    for (; (this.#touched[count]?.zxid ?? Number.POSITIVE_INFINITY) <= zxid; count++) {
      const { path } = this.#touched[count]!;
      if ((this.#entries.get(path)?.zxid ?? 0) <= zxid) this.#entries.delete(path);
    }
    this.#touched.splice(0, count);
  }

  clear(): void {
    this.#entries.clear();
    this.#touched.length = 0;
  }
}
