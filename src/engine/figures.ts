import type { Reason } from "../core/refusal.ts";
import { Histogram, secondsBounds } from "../figures.ts";

/** What the ordered writer counts since its start. */
export class WriteFigures {
  /** Batches, by how long each took to be durable. */
  readonly commitSeconds = new Histogram(secondsBounds);
  /** The same batches, by the number of their changes. */
  readonly commitChanges = new Histogram([1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]);
  /** Operations that were not done, by why. */
  readonly refused = new Map<Reason, number>();
  /** Operations that wait now: for their commit, or for their turn to be answered. */
  waiting = 0;
  /** About what they take in memory. */
  waitingBytes = 0;

  refuse(reason: Reason): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

/** What happens to sessions, since the start. */
export class SessionFigures {
  opened = 0;
  /** Ended by their clients, or by an operator. */
  closed = 0;
  /** Ended because they were silent. */
  expired = 0;
  /** Sessions that a KeepAlive stream holds now. */
  attached = 0;
  /** How long after its deadline each that expired was gone for everybody. */
  readonly latenessSeconds = new Histogram([0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10, 30, 60]);
}

/** What watchers are told, since the start, and what waits for them. */
export interface WatchFigures {
  readonly sentEvents: number;
  /** Streams that ended because their readers left too much unread. */
  readonly tooSlow: number;
  /** Events that wait now, of all streams. */
  readonly waiting: number;
  /** Those of the stream that has most. */
  readonly waitingMost: number;
}
