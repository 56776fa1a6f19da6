/** Who wants to be told of something. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** From now on the listener is told. The answer stops that. */
  add(listener: (value: T) => void): () => void {
    // The same function may listen twice.
    const told = (value: T) => listener(value);
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }

  /** Tells everybody, at once. */
  tell(value: T): void {
    for (const listener of [...this.#listeners]) guarded(() => listener(value));
  }
}

/**
 * Calls what the user of this client has given it. An error thrown there is none of this client's, and nobody is there
 * to catch it: it becomes a warning of the process, which must not end, and lose its session, over a faulty listener.
 */
export function guarded(fn: (() => unknown) | undefined): void {
  try {
    const result = fn?.();
    if (result instanceof Promise) result.catch(warn);
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}
