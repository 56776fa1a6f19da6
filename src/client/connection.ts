import { Backoff } from "./backoff.ts";
import { pause } from "./clock.ts";
import { CorralError } from "./errors.ts";
import { connectTimeoutMs } from "./limits.ts";
import { Link, type LinkOptions } from "./link.ts";
import { guarded } from "./listeners.ts";

export interface ConnectionOptions extends LinkOptions {
  /** Each "host:port". Names are looked up anew for every attempt. */
  readonly endpoints: readonly string[];
  /** Told whenever each endpoint was tried in vain. */
  readonly unreachable?: (() => void) | undefined;
}

interface Waiter {
  resolve(link: Link): void;
  reject(reason: unknown): void;
}

/**
 * A way to the server that is there whenever somebody needs it: one link at a time, to one endpoint after the other.
 * It connects only while somebody waits.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #closed = new AbortController();
  #turn: number;
  #link: Link | undefined;
  /** The link that is being connected. */
  #attempt: Link | undefined;
  #connecting = false;

  /** @param turn the endpoint that is tried first, by its place in the list. */
  constructor(options: ConnectionOptions, turn = 0) {
    this.#options = options;
    this.#turn = turn;
  }

  /** The link, if it is up now. */
  get link(): Link | undefined {
    if (this.#link?.isUp === false) this.drop(this.#link);
    return this.#link;
  }

  /** A link that is up, as soon as there is one. Rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<Link> {
    const { link } = this;
    if (link !== undefined) return Promise.resolve(link);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.#closed.signal.throwIfAborted();
      const settled = () => {
        this.#waiters.delete(waiter);
        signal.removeEventListener("abort", abort);
      };
      const abort = () => waiter.reject(signal.reason);
      const waiter: Waiter = {
        resolve: (link) => {
          settled();
          resolve(link);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiters.add(waiter);
      void this.#connect();
    });
  }

  /** The link is of no use any more: whoever comes next gets another one. */
  drop(link: Link): void {
    if (this.#link === link) this.#link = undefined;
    link.close();
  }

  close(reason: unknown): void {
    this.#closed.abort(reason);
    for (const waiter of this.#waiters) waiter.reject(reason);
    if (this.#link !== undefined) this.drop(this.#link);
    this.#attempt?.close();
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { clock, endpoints, unreachable } = this.#options;
    const backoff = new Backoff();
    for (let tries = 1; this.#waiters.size > 0; tries++) {
      const link = this.#newLink(endpoints[this.#turn % endpoints.length]!);
      // Whoever waits has been told.
      if (link === undefined) break;
      this.#attempt = link;
      if (await link.connect(connectTimeoutMs)) {
        this.#arrived(link);
        break;
      }
      link.close();
      this.#turn++;
      if (tries % endpoints.length === 0) guarded(unreachable);
      await pause(clock, backoff.nextMs(), this.#closed.signal).catch(() => {});
    }
    this.#attempt = undefined;
    this.#connecting = false;
  }

  /** Undefined if these options will never do, with an endpoint that is none, say. */
  #newLink(endpoint: string): Link | undefined {
    try {
      return new Link(endpoint, this.#options);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const details = { code: "INVALID_ARGUMENT", cause } as const;
      const error = new CorralError("BAD_ARGUMENTS", `${endpoint} cannot be connected to: ${why}`, details);
      for (const waiter of this.#waiters) waiter.reject(error);
      return undefined;
    }
  }

  #arrived(link: Link): void {
    if (this.#closed.signal.aborted) {
      link.close();
      return;
    }
    this.#link = link;
    for (const waiter of this.#waiters) waiter.resolve(link);
  }
}
