/** Measures the longest turn of this thread's event loop, by the processor's time: what others do does not count. */
export class Turns {
  #longestMs = 0;
  #before = process.threadCpuUsage();
  #stopped = false;

  constructor() {
    setImmediate(() => this.#turn());
  }

  /** The longest turn, in milliseconds. */
  stop(): number {
    this.#measure();
    this.#stopped = true;
    return this.#longestMs;
  }

  #turn(): void {
    if (this.#stopped) return;
    this.#measure();
    setImmediate(() => this.#turn());
  }

  #measure(): void {
    const { user, system } = process.threadCpuUsage(this.#before);
    this.#longestMs = Math.max(this.#longestMs, (user + system) / 1_000);
    this.#before = process.threadCpuUsage();
  }
}
