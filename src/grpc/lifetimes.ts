import type { Authenticator } from "../auth/authenticator.ts";
import type { OpenStream } from "../auth/connection.ts";
import type { Tls } from "../auth/tls-keys.ts";
import type { Clock } from "../clock.ts";
import type { Refusal } from "../core/refusal.ts";
import { connectionGoodbyeMs, lifetimesIntervalMs } from "../limits.ts";
import type { KnownConnection } from "./connections.ts";

export interface LifetimesOptions {
  /** Those that are open. */
  readonly connections: { [Symbol.iterator](): Iterator<KnownConnection> };
  readonly authenticator: Authenticator;
  readonly tls: Tls | undefined;
  readonly clock: Clock;
  /** How long a connection may be open, in milliseconds; 0: for ever. */
  readonly maxConnectionAgeMs: number;
}

/**
 * Ends what outlives its credentials: streams when their token does, or the key that signed it; connections when their
 * certificate does, or its authorities are replaced, or when they have reached the age that is set. Calls are
 * examined one by one, and need none of this.
 */
export class Lifetimes {
  readonly #options: LifetimesOptions;
  readonly #stopTimer: () => void;
  #authorities: Buffer | undefined;
  /** What would close connections that were asked to go. */
  readonly #goodbyes = new Set<() => void>();
  #examining = false;
  #examineAgain = false;
  #stopped = false;

  constructor(options: LifetimesOptions) {
    const { authenticator, tls, clock } = options;
    this.#options = options;
    this.#stopTimer = clock.setInterval(() => this.#look(), lifetimesIntervalMs);
    authenticator.onWithdrawn(() => void this.#examineAll());
    this.#authorities = tls?.keys.current.ca;
    tls?.keys.onChange(({ ca }) => this.#authoritiesMayHaveChanged(ca));
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
    for (const cancel of this.#goodbyes) cancel();
  }

  #look(): void {
    const { clock, connections, maxConnectionAgeMs: maxMs } = this.#options;
    const [nowMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    for (const known of connections) {
      if (known.certificateExpiresMs <= wallMs) this.#retire(known, certificateOver);
      else if (maxMs > 0 && nowMs - known.sinceMs >= maxMs * known.ageFactor)
        this.#retire(known, tooOld(maxMs));
      for (const stream of known.connection.streams)
        if (stream.expiresMs <= wallMs) stream.cut(credentialsExpired);
    }
  }

  /** OpenSSL looks at a certificate when the connection is made: so the next one decides, by the new authorities. */
  #authoritiesMayHaveChanged(ca: Buffer | undefined): void {
    const before = this.#authorities;
    this.#authorities = ca;
    if (ca === undefined || before?.equals(ca)) return;
    for (const known of this.#options.connections)
      if (known.certificateExpiresMs < Number.POSITIVE_INFINITY) this.#retire(known, authoritiesChanged);
  }

  /** Each token once, however many streams were opened with it, and one after the other. */
  async #examineAll(): Promise<void> {
    this.#examineAgain = true;
    if (this.#examining) return;
    this.#examining = true;
    while (this.#examineAgain && !this.#stopped) {
      this.#examineAgain = false;
      for (const [authorization, streams] of this.#streamsByAuthorization()) {
        const { expiresMs } = await this.#options.authenticator.holding(authorization);
        for (const stream of streams) {
          stream.expiresMs = expiresMs;
          if (expiresMs <= this.#options.clock.wallMs()) stream.cut(credentialsExpired);
        }
      }
    }
    this.#examining = false;
  }

  #streamsByAuthorization(): Map<string, OpenStream[]> {
    const found = new Map<string, OpenStream[]>();
    for (const { connection } of this.#options.connections) {
      for (const stream of connection.streams) {
        if (stream.authorization === undefined) continue;
        const same = found.get(stream.authorization);
        if (same === undefined) found.set(stream.authorization, [stream]);
        else same.push(stream);
      }
    }
    return found;
  }

  /** Ends its streams, asks it to go, and closes it when its calls are done, or after a while. */
  #retire(known: KnownConnection, why: Refusal): void {
    if (known.retired) return;
    known.retired = true;
    for (const stream of known.connection.streams) stream.cut(why);
    // What was cut is told in this turn; then nothing new begins on the connection.
    setImmediate(() => known.goAway());
    const cancel = this.#options.clock.setTimeout(() => known.socket.destroy(), connectionGoodbyeMs);
    this.#goodbyes.add(cancel);
    known.socket.once("close", () => {
      this.#goodbyes.delete(cancel);
      cancel();
    });
  }
}

const credentialsExpired: Refusal = {
  reason: "CREDENTIALS_EXPIRED",
  message: "the token that this stream was opened with no longer holds; open it again with a new one",
};

const certificateOver: Refusal = {
  reason: "CONNECTION_EXPIRED",
  message: "the certificate of this connection has expired; connect again with a new one",
};

const authoritiesChanged: Refusal = {
  reason: "CONNECTION_EXPIRED",
  message: "the authorities for clients' certificates were replaced; connect again",
};

function tooOld(maxMs: number): Refusal {
  return {
    reason: "CONNECTION_EXPIRED",
    message: `connections end after about ${maxMs} ms; connect again and go on`,
    facts: { limit: maxMs },
  };
}
