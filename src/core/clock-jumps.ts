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

/** How much time passed since a transaction: what the wall clock says, without its jumps. */
export function ageMs(
  now: Moment,
  { zxid, timeMs }: { readonly zxid: number; readonly timeMs: number },
): number {
  let age = now.wallMs - timeMs;
  for (const jump of now.jumps) if (jump.zxid >= zxid) age -= jump.ms;
  return age;
}
