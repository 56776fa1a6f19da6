import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Backoff } from "./backoff.ts";
import { type Clock, pause, randomId } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { isCorralError, noAnswers, type Reason, withUnknownOutcome } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import { callsInFlightMax, repetitionMsMax } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import type { CallOptions, Scopes } from "./scope.ts";
import type { HeldSession, Session } from "./session.ts";

/** What a write takes beside its arguments. */
export interface WriteOptions extends CallOptions {
  /**
   * The write is of use only as long as this session lives, and fails with SESSION_EXPIRED when that is over. By
   * default it acts for whatever session the client has, and waits for one if need be.
   */
  readonly session?: Session | undefined;
}

/** The session that a write acts for; undefined for none. @throws CorralError SESSION_EXPIRED */
export type SessionSource = (
  options: Pick<WriteOptions, "session">,
  signal: AbortSignal,
) => Promise<HeldSession | undefined>;

/** Makes calls: within their time, not too many at once, and again where that is safe. */
export class Calls {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #scopes: Scopes;
  readonly #namespace: Namespace;
  readonly #session: SessionSource;
  readonly #limiter = new Limiter(callsInFlightMax);
  /** Nobody can guess it: without a session, whoever knows an id is told what it did. */
  readonly #requestIdPrefix = randomId();
  #writes = 0;

  constructor(options: {
    readonly connection: Connection;
    readonly clock: Clock;
    readonly scopes: Scopes;
    readonly namespace: Namespace;
    readonly session: SessionSource;
  }) {
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#scopes = options.scopes;
    this.#namespace = options.namespace;
    this.#session = options.session;
  }

  /** Reads. A read is repeated until there is an answer or its time is over. */
  read<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions,
  ): Promise<MessageShape<Output>> {
    return this.#run(options, (signal) =>
      this.#insist(signal, isRepeatableRead, async () =>
        (await this.#link(signal)).call(method, request, { signal }),
      ),
    );
  }

  /**
   * Writes. A write waits for a connection and a session, and has an id, by which the server does it once however
   * often it is sent. So it is repeated until there is an answer; if none came in time, nobody knows, and the error
   * has `outcomeUnknown`.
   */
  write<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: WriteOptions,
  ): Promise<MessageShape<Output>> {
    return this.#run(options, async (signal) => {
      const write: Write = { requestId: `${this.#requestIdPrefix}.${this.#writes++}` };
      const mayRepeat = (error: unknown) => isCorralError(error, ...repeatableWrites) && !this.#isOld(write);
      try {
        return await this.#insist(signal, mayRepeat, () =>
          this.#send(method, request, options, write, signal),
        );
      } catch (error) {
        const isOpen = write.unanswered !== undefined && isCorralError(error, ...undecided);
        throw isOpen ? withUnknownOutcome(error) : error;
      }
    });
  }

  async #send<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: WriteOptions,
    write: Write,
    signal: AbortSignal,
  ): Promise<MessageShape<Output>> {
    const { requestId, unanswered } = write;
    // The server knows the id together with the session: what may have been done in one is not done in another.
    const session = await this.#session({ session: options.session ?? unanswered?.session }, signal);
    // The connection last, so that it is there when the write is sent: what waits for one has not been sent.
    const link = await this.#link(signal);
    signal.throwIfAborted();
    const lost = () => {
      write.unanswered ??= { session, sinceMs: this.#clock.monotonicMs() };
    };
    return await link.call(method, request, { signal, token: session?.token, requestId, lost });
  }

  /** The server may have forgotten the id. */
  #isOld({ unanswered }: Write): boolean {
    return unanswered !== undefined && this.#clock.monotonicMs() - unanswered.sinceMs > repetitionMsMax;
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

  async #insist<T>(
    signal: AbortSignal,
    mayRepeat: (error: unknown) => boolean,
    call: () => Promise<T>,
  ): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (signal.aborted || !isCorralError(error) || !mayRepeat(error)) throw error;
        await pause(this.#clock, Math.max(backoff.nextMs(), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  async #link(signal: AbortSignal) {
    return this.#connection.link ?? (await this.#connection.ready(signal));
  }
}

/** A write on its way. */
interface Write {
  readonly requestId: string;
  /** Since when nobody knows whether it was done, and for which session it was sent. */
  unanswered?: { readonly session: HeldSession | undefined; readonly sinceMs: number };
}

/** A read changes nothing, so it can be made as often as one likes. */
function isRepeatableRead(error: unknown): boolean {
  return isCorralError(error, "CONNECTION_LOST", "SHUTTING_DOWN", "OVERLOADED");
}

/** With these it may go better the next time, and the server tells whether it had been done. */
const repeatableWrites: readonly Reason[] = [
  "CONNECTION_LOST",
  "OUTCOME_UNKNOWN",
  "SHUTTING_DOWN",
  "OVERLOADED",
];

/** These come before the server has looked whether it knows the id. */
const undecided: readonly Reason[] = [
  ...noAnswers,
  "SHUTTING_DOWN",
  "OVERLOADED",
  "SESSION_EXPIRED",
  "AUTH_FAILED",
  "AUTHENTICATION_REQUIRED",
];
