import { randomBytes } from "node:crypto";
import { timerMsMax } from "./limits.ts";

/** All that the server knows of time, given to it so that a test can hold it in its hands. */
export interface Clock {
  /** Milliseconds since 1970, whole. For stamps that people read; it may jump in either direction. */
  wallMs(): number;
  /** Milliseconds since some fixed moment, with fractions. Never runs backwards: the one for deadlines. */
  monotonicMs(): number;
  /** Runs `fn` once, `ms` from now. The answer cancels it; cancelling twice is harmless. */
  setTimeout(fn: () => void, ms: number): () => void;
  /** Runs `fn` every `ms`. The answer cancels it; until then the process stays alive. */
  setInterval(fn: () => void, ms: number): () => void;
}

/** Where secrets come from. */
export interface Random {
  /** 128 unguessable bits as 22 characters of base64url. */
  secret(): string;
}

/** The machine's own time. Node's timers turn what is above 24.8 days into 1 ms; these take any time. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(fn, ms) {
    return inParts(fn, checkedDelay(ms));
  },
  setInterval(fn, ms) {
    if (checkedDelay(ms) > timerMsMax) return again(fn, ms);
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  },
};

/** The operating system's randomness. */
export const systemRandom: Random = {
  secret: () => randomBytes(16).toString("base64url"),
};

/** One timer after the other, each as long as Node's can be. */
function inParts(fn: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout;
  const start = (leftMs: number) => {
    const partMs = Math.min(leftMs, timerMsMax);
    timer = setTimeout(leftMs > partMs ? () => start(leftMs - partMs) : fn, partMs);
  };
  start(ms);
  return () => clearTimeout(timer);
}

function again(fn: () => void, ms: number): () => void {
  let cancel: () => void;
  const start = () => {
    cancel = inParts(() => {
      start();
      fn();
    }, ms);
  };
  start();
  return () => cancel();
}

function checkedDelay(ms: number): number {
  if (ms >= 0 && Number.isFinite(ms)) return ms;
  throw new RangeError(`a timer of ${ms} ms: it must be a number from 0`);
}
