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

/** The machine's own time. Its timers throw a RangeError for what Node would silently turn into 1 ms. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, checkedDelay(ms));
    return () => clearTimeout(timer);
  },
  setInterval(fn, ms) {
    const timer = setInterval(fn, checkedDelay(ms));
    return () => clearInterval(timer);
  },
};

/** The operating system's randomness. */
export const systemRandom: Random = {
  secret: () => randomBytes(16).toString("base64url"),
};

function checkedDelay(ms: number): number {
  if (!(ms >= 0 && ms <= timerMsMax))
    throw new RangeError(`a timer of ${ms} ms: 0..${timerMsMax} is possible`);
  return ms;
}
