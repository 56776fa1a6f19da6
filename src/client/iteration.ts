/**
 * An async iterator over a generator that can be stopped while it waits, which a bare generator cannot: its `return`
 * takes effect only when it yields next. Stopping aborts the signal that the generator was given.
 */
export class Iteration<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #values: AsyncGenerator<T, undefined>;
  readonly #outside: AbortSignal | undefined;
  readonly #abort = () => this.#stop.abort(this.#outside?.reason);

  /** @param signal ends the iteration with its reason. */
  constructor(
    generate: (signal: AbortSignal) => AsyncGenerator<T, undefined>,
    signal: AbortSignal | undefined,
  ) {
    this.#outside = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", this.#abort, { once: true });
    this.#values = generate(this.#stop.signal);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const result = await this.#values.next();
      if (result.done) this.#release();
      return result;
    } catch (error) {
      this.#release();
      if (error === stopped) return { done: true, value: undefined };
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#release();
    this.#stop.abort(stopped);
    await this.#values.return(undefined).catch(() => {});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #release(): void {
    this.#outside?.removeEventListener("abort", this.#abort);
  }
}

const stopped = new Error("the iteration was stopped by its reader");
