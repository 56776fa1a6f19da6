import { randomUUID } from "node:crypto";

/** All that the client knows of time, given to it so that a test can hold it in its hands. */
export interface Clock {
  /** Milliseconds since some fixed moment. Never runs backwards, whatever happens to the date. */
  monotonicMs(): number;
  /** Runs `fn` once, `ms` from now. The answer cancels it; cancelling twice is harmless. */
  setTimeout(fn: () => void, ms: number): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** A number from 0 to 1, other each time: it spreads what many clients would do at the same moment. */
export function rollDice(): number {
  return Math.random();
}

/** A name that nothing else has, and that nobody can guess. */
export function randomId(): string {
  return randomUUID();
}

/** Waits. Rejects with the signal's reason when that is aborted before. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
