import { Backoff } from "./backoff.ts";
import { type Clock, pause } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { type CorralError, corralErrorOf, type Reason } from "./errors.ts";
import type { Link } from "./link.ts";
import { Listeners } from "./listeners.ts";
import type { Namespace } from "./namespace.ts";
import type { Watch, WatchSource } from "./watch.ts";
import { WatchLine } from "./watch-line.ts";

/** All watches of a client, on one stream as long as that lasts, and then on the next. */
export class WatchHub implements WatchSource {
  readonly namespace: Namespace;
  /** Told why watches are not being told of anything for a while, or one of them no longer. */
  readonly interruptions = new Listeners<CorralError>();
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
      const link = await this.#connection.ready(signal).catch((error) => this.#unreachable(error));
      if (link === undefined) break;
      const line = this.#open(link);
      const error = await line.ended;
      this.#line = undefined;
      if (line.answered) backoff.reset();
      if (signal.aborted) break;
      this.interruptions.tell(error);
      // Everything that was sent has arrived, and the link is good.
      if (error.reason === "WATCHER_TOO_SLOW") continue;
      if (passing.includes(error.reason)) this.#connection.drop(link);
      else this.#failAll(error);
      await pause(this.#clock, backoff.nextMs(), signal).catch(() => {});
    }
    this.#serving = false;
  }

  #open(link: Link): WatchLine {
    const line = new WatchLine({
      link,
      clock: this.#clock,
      namespace: this.namespace,
      refused: (error) => this.interruptions.tell(error),
    });
    this.#line = line;
    for (const watch of this.#watches) line.add(watch);
    return line;
  }

  /** The connection is closed, or will never do. */
  #unreachable(error: unknown): undefined {
    if (!this.#closed.signal.aborted) this.#failAll(corralErrorOf(error));
  }

  #failAll(error: CorralError): void {
    for (const watch of [...this.#watches]) watch.end(error);
  }
}

/** After these another stream may do better. */
const passing: readonly Reason[] = [
  "CONNECTION_LOST",
  "CONNECTION_EXPIRED",
  "CREDENTIALS_EXPIRED",
  "SHUTTING_DOWN",
  "OVERLOADED",
];
