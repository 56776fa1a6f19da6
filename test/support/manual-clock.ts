import type { Clock, Random } from "../../src/clock.ts";

interface Timer {
  dueMs: number;
  /** Undefined for one that runs once. */
  readonly everyMs: number | undefined;
  readonly fn: () => void;
}

/** A clock that stands still until the test moves it. Timers run inside `advance` and `stall`, nowhere else. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  /** A Set keeps the order in which timers were made: the order of those due at the same moment. */
  readonly #timers = new Set<Timer>();

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return Math.floor(this.#wallMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimeout(fn: () => void, ms: number): () => void {
    return this.#add({ dueMs: this.#monotonicMs + Math.max(1, ms), everyMs: undefined, fn });
  }

  setInterval(fn: () => void, ms: number): () => void {
    // Like Node's: nothing repeats more often than each millisecond.
    return this.#add({ dueMs: this.#monotonicMs + Math.max(1, ms), everyMs: Math.max(1, ms), fn });
  }

  /** Timers that still wait: zero once everything is stopped. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass; every timer runs at its own moment, those made or due again meanwhile included. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#pass(timer.dueMs - this.#monotonicMs);
      this.#run(timer, timer.dueMs);
    }
    this.#pass(endMs - this.#monotonicMs);
  }

  /**
   * Lets `ms` pass as in a process that was stopped or busy: nothing runs meanwhile, and then each timer
   * that came due runs once, late.
   */
  stall(ms: number): void {
    this.#pass(ms);
    const late = [...this.#timers].filter((timer) => timer.dueMs <= this.#monotonicMs);
    for (const timer of late.sort((a, b) => a.dueMs - b.dueMs)) {
      if (this.#timers.has(timer)) this.#run(timer, this.#monotonicMs);
    }
  }

  /** Lets `ms` pass while nothing runs: what is due runs when time goes on, late. */
  pass(ms: number): void {
    this.#pass(ms);
  }

  /** Sets the wall clock, as an administrator or NTP would; deadlines must not notice. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #run(timer: Timer, fromMs: number): void {
    if (timer.everyMs === undefined) this.#timers.delete(timer);
    else timer.dueMs = fromMs + timer.everyMs;
    timer.fn();
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }
}

/** Secrets that a test can foretell: `secret-1`, `secret-2`, ... */
export class CountingRandom implements Random {
  #count = 0;

  secret(): string {
    this.#count += 1;
    return `secret-${this.#count}`;
  }
}
