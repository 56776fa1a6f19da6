import { randomUUID } from "node:crypto";
import { timerMsMax } from "./limits.ts";

/** All that the client knows of time, given to it so that a test can hold it in its hands. */
export interface Clock {
  /** Milliseconds since some fixed moment. Never runs backwards, whatever happens to the date. */
  monotonicMs(): number;
  /** Runs `fn` once, `ms` from now. The answer cancels it; cancelling twice is harmless. */
  setTimeout(fn: () => void, ms: number): () => void;
}

/** The machine's own time. Node's timers turn what is above 24.8 days into 1 ms; these take any time. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  setTimeout(fn, ms) {
    let timer: NodeJS.Timeout;
    const start = (leftMs: number) => {
      const partMs = Math.min(leftMs, timerMsMax);
      timer = setTimeout(leftMs > partMs ? () => start(leftMs - partMs) : fn, partMs);
    };
    start(ms);
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
