import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Backoff } from "./backoff.ts";
import { type Clock, pause } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { isCorralError, type Reason, withUnknownOutcome } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import { callsInFlightMax } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import type { CallOptions, Scopes } from "./scope.ts";
import type { Session } from "./session.ts";

/** What a write takes beside its arguments. */
export interface WriteOptions extends CallOptions {
  /**
   * The write is of use only as long as this session lives, and fails with SESSION_EXPIRED when that is over. By
   * default it acts for whatever session the client has, and waits for one if need be.
   */
  readonly session?: Session | undefined;
}

/** The token of the session that a write acts for; undefined for none. */
export type TokenSource = (options: WriteOptions, signal: AbortSignal) => Promise<string | undefined>;

/** Makes unary calls: within their time, not too many at once, and again where that is safe. */
export class Calls {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #scopes: Scopes;
  readonly #namespace: Namespace;
  readonly #token: TokenSource;
  readonly #limiter = new Limiter(callsInFlightMax);

  constructor(options: {
    readonly connection: Connection;
    readonly clock: Clock;
    readonly scopes: Scopes;
    readonly namespace: Namespace;
    readonly token: TokenSource;
  }) {
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#scopes = options.scopes;
    this.#namespace = options.namespace;
    this.#token = options.token;
  }

  /** Reads. A read is repeated until there is an answer or its time is over. */
  read<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions,
  ): Promise<MessageShape<Output>> {
    return this.#run(options, (signal) =>
      this.#insist(signal, repeatableReads, async () =>
        (await this.#link(signal)).unary(method, request, { signal }),
      ),
    );
  }

  /**
   * Writes. A write waits for a connection and a session, and is repeated only after an answer that says that it
   * was not done. Once it was sent and no answer came, nobody knows: the error has `outcomeUnknown`.
   */
  write<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: WriteOptions,
  ): Promise<MessageShape<Output>> {
    return this.#run(options, (signal) =>
      this.#insist(signal, repeatableWrites, async () => {
        const [link, token] = await this.#linkAndToken(options, signal);
        signal.throwIfAborted();
        try {
          return await link.unary(method, request, { signal, token });
        } catch (error) {
          throw isCorralError(error, ...unanswered) ? withUnknownOutcome(error) : error;
        }
      }),
    );
  }

  async #run<T>(options: CallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#scopes.run(options, async (signal) => {
        const turn = this.#limiter.enter(signal);
        if (turn !== undefined) await turn;
        try {
          return await work(signal);
        } finally {
          this.#limiter.leave();
        }
      });
    } catch (error) {
      throw this.#namespace.errorToCaller(error);
    }
  }

  async #insist<T>(signal: AbortSignal, repeatable: readonly Reason[], call: () => Promise<T>): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (signal.aborted || !isCorralError(error, ...repeatable)) throw error;
        await pause(this.#clock, Math.max(backoff.nextMs(), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  async #link(signal: AbortSignal) {
    return this.#connection.link ?? (await this.#connection.ready(signal));
  }

  /** The connection last, so that it is there when the write is sent: what waits for one has not been sent. */
  async #linkAndToken(options: WriteOptions, signal: AbortSignal) {
    const token = await this.#token(options, signal);
    return [await this.#link(signal), token] as const;
  }
}

/** A read changes nothing, so it can be made as often as one likes. */
const repeatableReads: readonly Reason[] = ["CONNECTION_LOST", "SHUTTING_DOWN", "OVERLOADED"];

/** With these the server says that it has done nothing. */
const repeatableWrites: readonly Reason[] = ["SHUTTING_DOWN", "OVERLOADED"];

/** After these nobody knows whether a write that was sent has happened. */
const unanswered: readonly Reason[] = [
  "CONNECTION_LOST",
  "DEADLINE_EXCEEDED",
  "CLIENT_CLOSED",
  "OUTCOME_UNKNOWN",
  "UNKNOWN",
];
