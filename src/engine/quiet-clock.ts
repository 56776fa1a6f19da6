import type { Clock } from "../clock.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import type { WatchStream } from "./watch-stream.ts";

/** Turns within one interval: streams do not all have their bookmarks at once. */
const turnsPerInterval = 20;

/** Tells when a stream has been sent nothing for an interval, so that it is sent a bookmark. */
export class QuietClock {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #onQuiet: (stream: WatchStream) => void;
  readonly #queue: ExpiryQueue<Quiet>;
  readonly #stopTimer: () => void;

  constructor(clock: Clock, intervalMs: number, onQuiet: (stream: WatchStream) => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#onQuiet = onQuiet;
    const turnMs = intervalMs / turnsPerInterval;
    this.#queue = new ExpiryQueue(turnMs, clock.monotonicMs());
    this.#stopTimer = clock.setInterval(() => this.#turn(), turnMs);
  }

  /** Looks after a stream until it is closed. */
  add(stream: WatchStream): void {
    this.#queue.put(new Quiet(stream, this.#intervalMs));
  }

  stop(): void {
    this.#stopTimer();
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const quiet of this.#queue.takeDue(nowMs)) {
      const { stream } = quiet;
      if (stream.isClosed) continue;
      if (stream.isQuiet) this.#onQuiet(stream);
      // The next time is an interval away, also if nothing could be sent.
      quiet.notBeforeMs = nowMs;
      this.#queue.put(quiet);
    }
  }
}

class Quiet {
  readonly stream: WatchStream;
  notBeforeMs = 0;
  readonly #intervalMs: number;

  constructor(stream: WatchStream, intervalMs: number) {
    this.stream = stream;
    this.#intervalMs = intervalMs;
  }

  get deadlineMs(): number {
    return Math.max(this.stream.sentMs, this.notBeforeMs) + this.#intervalMs;
  }
}
