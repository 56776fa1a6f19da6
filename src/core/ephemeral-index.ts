/** What the ephemeral nodes of a session come to: bounded, since they all go under one zxid. */
export interface EphemeralSum {
  readonly count: number;
  readonly pathBytes: number;
}

export const noEphemerals: EphemeralSum = { count: 0, pathBytes: 0 };

/** One ephemeral node more or less. */
export function withEphemeral({ count, pathBytes }: EphemeralSum, path: string, by: 1 | -1): EphemeralSum {
  return { count: count + by, pathBytes: pathBytes + by * Buffer.byteLength(path) };
}

/** The paths of ephemeral nodes by the sessions that own them. */
export class EphemeralIndex {
  readonly #owned = new Map<number, { readonly paths: Set<string>; pathBytes: number }>();

  add(owner: number, path: string): void {
    const owned = this.#owned.get(owner) ?? { paths: new Set(), pathBytes: 0 };
    this.#owned.set(owner, owned);
    if (owned.paths.has(path)) return;
    owned.paths.add(path);
    owned.pathBytes += Buffer.byteLength(path);
  }

  delete(owner: number, path: string): void {
    const owned = this.#owned.get(owner);
    if (owned?.paths.delete(path) !== true) return;
    owned.pathBytes -= Buffer.byteLength(path);
    if (owned.paths.size === 0) this.#owned.delete(owner);
  }

  of(owner: number): ReadonlySet<string> {
    return this.#owned.get(owner)?.paths ?? none;
  }

  sum(owner: number): EphemeralSum {
    const owned = this.#owned.get(owner);
    return owned === undefined ? noEphemerals : { count: owned.paths.size, pathBytes: owned.pathBytes };
  }

  owners(): IterableIterator<number> {
    return this.#owned.keys();
  }

  clear(): void {
    this.#owned.clear();
  }
}

const none: ReadonlySet<string> = new Set();
