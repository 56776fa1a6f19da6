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

  /** Tells everybody, at once. What a listener throws is its own affair: an uncaught exception, as of a timer. */
  tell(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
