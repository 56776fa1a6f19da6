import type { Client } from "../client.ts";
import { deletionOf, type SeenNode } from "../deletion.ts";
import { CorralError, isCorralError } from "../errors.ts";
import { childOf, type Data } from "../node.ts";
import type { Session } from "../session.ts";

export interface LockOptions {
  /** The data of this program's place in the queue, for people who look who holds the lock; none by default. */
  readonly data?: Data | undefined;
  /** Gives up waiting when it is aborted: the lock is not taken, and its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a lock, and takes it: ZooKeeper's lock recipe. Whoever wants it queues up with a sequential ephemeral
 * node below `path`, and holds it when no older one is left. Each waits for the one before it alone, so that a
 * release wakes one program and not all. `path` and what is above it are created if need be, and stay.
 *
 * A program that loses its session while it waits queues up again, at the end.
 * @throws CorralError CLIENT_CLOSED, or what the server has against the path; the signal's reason
 */
export async function acquireLock(client: Client, path: string, options: LockOptions = {}): Promise<Lock> {
  const { signal } = options;
  for (;;) {
    const session = await client.connected({ signal, timeoutMs: Number.POSITIVE_INFINITY });
    const either = signal === undefined ? session.signal : AbortSignal.any([signal, session.signal]);
    try {
      return await new Queue(client, path, session, either).turn(options.data);
    } catch (error) {
      signal?.throwIfAborted();
      if (!session.signal.aborted && !isCorralError(error, "SESSION_EXPIRED")) throw error;
    }
  }
}

/** A lock that is held, until it is released or lost. */
export class Lock implements AsyncDisposable {
  /** The node that stands for it. */
  readonly path: string;
  /**
   * The fencing token: greater than that of every earlier holder. What the lock protects should refuse a writer whose
   * token is less than one that it has seen: a holder that stood still may act before it notices that it has lost the
   * lock. It is the czxid of the node.
   */
  readonly token: number;
  readonly #client: Client;
  readonly #session: Session;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();

  /** @internal use `acquireLock`. */
  constructor(client: Client, session: Session, { path, zxid }: SeenNode) {
    this.#client = client;
    this.#session = session;
    this.path = path;
    this.token = zxid;
    void this.#watch();
  }

  /** The session that holds it: when that is over, the lock is too. */
  get session(): Session {
    return this.#session;
  }

  /** Aborted when the lock is lost, or released: what to give to work that only its holder may do. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Lets the next one have it. When the server cannot be reached, it goes with the session at the latest. */
  async release(): Promise<void> {
    if (this.#released.signal.aborted) return;
    const reason = new CorralError("CLIENT_CLOSED", `the lock ${this.path} was released`);
    this.#lost.abort(reason);
    this.#released.abort(reason);
    await remove(this.#client, this.#session, this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #watch(): Promise<void> {
    const signal = AbortSignal.any([this.#session.signal, this.#released.signal]);
    const seen = { path: this.path, zxid: this.token };
    try {
      await deletionOf(this.#client, seen, signal);
      // At once, although the word that the session is over, and the node gone with it, may still be on its way.
      const text = `the lock's node ${this.path} is gone: somebody deleted it, or ended the session`;
      this.#lost.abort(new CorralError("NO_NODE", text));
    } catch (error) {
      // The end of the session, most likely. Without news of the node, too, nobody may rely on it.
      this.#lost.abort(error);
    }
  }
}

/** Names begin with it; what else is below the path is not part of the queue. */
const prefix = "lock-";

/** Sets apart the places of one session, so that one whose number got lost with an answer is found again. */
let places = 0;

/** Those who wait for a lock, as one of them sees it, in one session. */
class Queue {
  readonly #client: Client;
  readonly #path: string;
  readonly #session: Session;
  readonly #signal: AbortSignal;

  constructor(client: Client, path: string, session: Session, signal: AbortSignal) {
    this.#client = client;
    this.#path = path;
    this.#session = session;
    this.#signal = signal;
  }

  /** Queues up, and waits for its turn. */
  async turn(data: Data | undefined): Promise<Lock> {
    const name = `${prefix}${this.#session.id}-${places++}-`;
    try {
      for (;;) {
        const place = await this.#takePlace(name, data);
        const isMine = await this.#untilFirst(place);
        if (isMine) return new Lock(this.#client, this.#session, place);
      }
    } catch (error) {
      // Who waits behind must not wait for one that has given up; who has given up need not wait for that.
      void this.#leave(name).catch(() => {});
      throw error;
    }
  }

  get #call() {
    return { signal: this.#signal, timeoutMs: Number.POSITIVE_INFINITY };
  }

  async #takePlace(name: string, data: Data | undefined): Promise<SeenNode> {
    const path = childOf(this.#path, name);
    const options = {
      ...this.#call,
      session: this.#session,
      mode: "ephemeralSequential",
      parents: true,
    } as const;
    for (;;) {
      try {
        return await this.#client.create(path, data, options);
      } catch (error) {
        if (!isCorralError(error) || !error.outcomeUnknown) throw error;
        const { queue } = await this.#read();
        const mine = queue.find((one) => one.path.startsWith(path));
        if (mine !== undefined) return mine;
      }
    }
  }

  /** Waits until no place is before it. False when somebody has deleted the place itself. */
  async #untilFirst(place: SeenNode): Promise<boolean> {
    for (;;) {
      const { queue, zxid } = await this.#read();
      if (!queue.some(({ path }) => path === place.path)) return false;
      const before = queue.findLast((one) => one.zxid < place.zxid);
      if (before === undefined) return true;
      await deletionOf(this.#client, { path: before.path, zxid }, this.#signal);
    }
  }

  /** The places in their order: by the zxid of their creation, since their numbers may overflow. */
  async #read(): Promise<{ readonly queue: readonly SeenNode[]; readonly zxid: number }> {
    const queue: SeenNode[] = [];
    const listing = this.#client.list(this.#path, { ...this.#call, withStats: true });
    for await (const { name, path, stat } of listing) {
      if (name.startsWith(prefix) && stat !== undefined) queue.push({ path, zxid: stat.czxid });
    }
    queue.sort((one, other) => one.zxid - other.zxid);
    return { queue, zxid: listing.zxid ?? 0 };
  }

  async #leave(name: string): Promise<void> {
    if (this.#session.signal.aborted) return;
    const all = this.#client.list(this.#path, { signal: this.#session.signal });
    for await (const child of all) {
      if (child.name.startsWith(name)) await remove(this.#client, this.#session, child.path);
    }
  }
}

/** Deletes a node of the session, as often as it takes to know that it is gone, or that it will go with the session. */
async function remove(client: Client, session: Session, path: string): Promise<void> {
  for (;;) {
    try {
      await client.delete(path, { session, signal: session.signal });
      return;
    } catch (error) {
      if (session.signal.aborted || isCorralError(error, "NO_NODE", "SESSION_EXPIRED", "CLIENT_CLOSED"))
        return;
      const again = isCorralError(error) && (error.outcomeUnknown || error.reason === "DEADLINE_EXCEEDED");
      if (!again) throw error;
    }
  }
}
