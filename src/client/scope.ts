import type { Clock } from "./clock.ts";
import { CorralError } from "./errors.ts";
import { callTimeoutMsDefault } from "./limits.ts";

/** What every call takes beside its arguments. */
export interface CallOptions {
  /** How long the call may take, everything included, in milliseconds; 10,000 by default. Infinity: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Gives the call up when it is aborted: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** All that can end calls from outside, as one signal for each: its time, the caller's signal, the client's end. */
export class Scopes {
  readonly #clock: Clock;
  readonly #open = new Set<AbortController>();
  #closed: CorralError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs something within these bounds. */
  async run<T>({ timeoutMs, signal }: CallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using scope = this.open({ timeoutMs, signal });
    return await work(scope.signal);
  }

  /** The same for what takes its time: until it is disposed. @throws CorralError CLIENT_CLOSED */
  open({ timeoutMs, signal }: CallOptions): Disposable & { readonly signal: AbortSignal } {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    const scope = new AbortController();
    const ms = timeoutMs ?? callTimeoutMsDefault;
    const stopTimer = ms === Number.POSITIVE_INFINITY ? undefined : this.#timer(scope, ms);
    const abort = () => scope.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#open.add(scope);
    const dispose = () => {
      this.#open.delete(scope);
      stopTimer?.();
      signal?.removeEventListener("abort", abort);
    };
    return { signal: scope.signal, [Symbol.dispose]: dispose };
  }

  /** Ends what runs, and what comes after. */
  close(reason: CorralError): void {
    this.#closed ??= reason;
    for (const scope of this.#open) scope.abort(reason);
  }

  #timer(scope: AbortController, ms: number): () => void {
    return this.#clock.setTimeout(
      () => scope.abort(new CorralError("DEADLINE_EXCEEDED", `there was no answer within ${ms} ms`)),
      ms,
    );
  }
}
