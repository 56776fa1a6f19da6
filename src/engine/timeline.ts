import type { Clock } from "../clock.ts";
import { ageMs, type ClockJump, type Moment } from "../core/clock-jumps.ts";
import { clockJumpsMax, clockToleranceMs, downtimeCountedMsMax } from "../limits.ts";

/**
 * What time it is for stamps, and how old things are. Stamps are the wall clock's, for people. Ages count the time that
 * passed: when the wall clock goes another way than the monotonic one it was set, or the machine was suspended, and
 * what it jumped by is left out of the age of all that was before. The jumps are kept with the data.
 *
 * How long a server was down cannot be told from a jump of its clock. So of that time only a part counts.
 */
export class Timeline {
  readonly #clock: Clock;
  readonly #onJump: (ms: number) => void;
  #jumps: readonly ClockJump[];
  /** A moment of both clocks, the last jump or the start. */
  #wallMs: number;
  #monotonicMs: number;
  /** Of the last transaction that was stamped. */
  #zxid: number;

  /**
   * @param options.seen when the data were in use last; undefined when that is not known.
   * @param options.onJump told of each jump, in milliseconds.
   */
  constructor(options: {
    readonly clock: Clock;
    readonly zxid: number;
    readonly seen: Moment | undefined;
    readonly onJump: (ms: number) => void;
  }) {
    const { clock, zxid, seen } = options;
    this.#clock = clock;
    this.#onJump = options.onJump;
    this.#zxid = zxid;
    this.#wallMs = clock.wallMs();
    this.#monotonicMs = clock.monotonicMs();
    this.#jumps = seen?.jumps ?? [];
    this.rewind(zxid);
    if (seen === undefined) return;
    const awayMs = this.#wallMs - seen.wallMs;
    const uncountedMs = awayMs - Math.min(Math.max(awayMs, 0), downtimeCountedMsMax);
    if (uncountedMs !== 0) this.#jumped(uncountedMs);
  }

  /** The stamp of a transaction that is being made. */
  stampMs(zxid: number): number {
    const wallMs = this.#look();
    this.#zxid = zxid;
    return wallMs;
  }

  now(): Moment {
    return { wallMs: this.#look(), jumps: this.#jumps };
  }

  get jumps(): readonly ClockJump[] {
    return this.#jumps;
  }

  /** A clock that no setting of the wall clock moves: for deadlines that are counted from stamps. */
  livedMs(): number {
    return this.#look() - this.#jumpedMs();
  }

  /** What that clock showed when a transaction was stamped. */
  livedMsAt(stamp: { readonly zxid: number; readonly timeMs: number }): number {
    const now = this.now();
    return now.wallMs - this.#jumpedMs() - ageMs(now, stamp);
  }

  /** What was stamped after this zxid did not happen: the next transactions have the same zxids again. */
  rewind(zxid: number): void {
    this.#zxid = zxid;
    this.#jumps = this.#jumps.map((jump) => (jump.zxid > zxid ? { ...jump, zxid } : jump));
  }

  /** Answers the wall clock's time, after a look whether it was set. */
  #look(): number {
    const wallMs = this.#clock.wallMs();
    const differenceMs = wallMs - this.#wallMs - (this.#clock.monotonicMs() - this.#monotonicMs);
    if (Math.abs(differenceMs) > clockToleranceMs) {
      this.#wallMs = wallMs;
      this.#monotonicMs = this.#clock.monotonicMs();
      this.#jumped(Math.round(differenceMs));
    }
    return wallMs;
  }

  #jumped(ms: number): void {
    const jumps = [...this.#jumps, { zxid: this.#zxid, ms }];
    // Two become one: between them a few things seem older or younger.
    if (jumps.length > clockJumpsMax)
      jumps.splice(0, 2, { zxid: jumps[1]!.zxid, ms: jumps[0]!.ms + jumps[1]!.ms });
    this.#jumps = jumps;
    this.#onJump(ms);
  }

  #jumpedMs(): number {
    return this.#jumps.reduce((sum, { ms }) => sum + ms, 0);
  }
}
