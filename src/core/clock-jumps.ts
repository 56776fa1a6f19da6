/**
 * The wall clock was set: everything up to this zxid seems older by so much than it is, or younger if it was set back
 * (negative).
 */
export interface ClockJump {
  readonly zxid: number;
  readonly ms: number;
}

/** A moment by the wall clock, and how that was set before. */
export interface Moment {
  readonly wallMs: number;
  /** In their order. */
  readonly jumps: readonly ClockJump[];
}

/** The wall clock's time of a transaction, and which one. */
interface Dated {
  readonly zxid: number;
  readonly timeMs: number;
}

/** How much time passed since a transaction: what the wall clock says, without its jumps. */
export function ageMs({ wallMs, jumps }: Moment, { zxid, timeMs }: Dated): number {
  let age = wallMs - timeMs;
  for (const jump of jumps) if (jump.zxid >= zxid) age -= jump.ms;
  return age;
}
