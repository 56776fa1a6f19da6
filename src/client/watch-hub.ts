import { Backoff } from "./backoff.ts";
import { type Clock, pause } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { type CorralError, isCorralError, type Reason } from "./errors.ts";
import type { Namespace } from "./namespace.ts";
import type { Watch, WatchSource } from "./watch.ts";
import { WatchLine } from "./watch-line.ts";

/** All watches of a client, on one stream as long as that lasts, and then on the next. */
export class WatchHub implements WatchSource {
  readonly namespace: Namespace;
  readonly #connection: Connection;
  readonly #clock: Clock;
  /** Those that are told of things: all that are neither over nor parked. */
  readonly #watches = new Set<Watch>();
  readonly #closed = new AbortController();
  #line: WatchLine | undefined;
  #serving = false;

  constructor(connection: Connection, clock: Clock, namespace: Namespace) {
    this.#connection = connection;
    this.#clock = clock;
    this.namespace = namespace;
  }

  add(watch: Watch): void {
    if (this.#closed.signal.aborted) {
      watch.end(this.#closed.signal.reason);
      return;
    }
    this.#watches.add(watch);
    this.#line?.add(watch);
    void this.#serve();
  }

  remove(watch: Watch): void {
    this.#watches.delete(watch);
    this.#line?.remove(watch);
  }

  /** Ends all watches, as if each had been cancelled; one that is added later throws the reason. */
  close(reason: CorralError): void {
    this.#closed.abort(reason);
    this.#line?.cancel();
    for (const watch of [...this.#watches]) watch.end();
  }

  /** Runs while there are watches; each round is a stream. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    const backoff = new Backoff();
    const { signal } = this.#closed;
    while (this.#watches.size > 0 && !signal.aborted) {
      const link = await this.#connection.ready(signal).catch(() => undefined);
      if (link === undefined) break;
      const line = new WatchLine(link, this.#clock, this.namespace);
      this.#line = line;
      for (const watch of this.#watches) line.add(watch);
      const error = await line.ended;
      this.#line = undefined;
      if (line.answered) backoff.reset();
      if (isCorralError(error, "WATCHER_TOO_SLOW")) continue;
      if (error !== undefined && !isCorralError(error, ...passing)) this.#failAll(error);
      else this.#connection.drop(link);
      await pause(this.#clock, backoff.nextMs(), signal).catch(() => {});
    }
    this.#serving = false;
  }

  #failAll(error: CorralError): void {
    for (const watch of [...this.#watches]) watch.end(error);
  }
}

/** After these another stream may do better. */
const passing: readonly Reason[] = ["CONNECTION_LOST", "SHUTTING_DOWN", "OVERLOADED"];
