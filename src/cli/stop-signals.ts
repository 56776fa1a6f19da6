import { type Clock, systemClock } from "../client/clock.ts";
import { signalEchoMs } from "./limits.ts";
import type { StopSignal } from "./verb.ts";

/** What signals to stop lead to. */
export interface StopSignalActions {
  /** The first one. */
  first(signal: StopSignal): void;
  /** One that follows at once, and does nothing. Default: silence. */
  echo?(signal: StopSignal): void;
  /** Somebody insists. */
  again(signal: StopSignal): void;
}

/**
 * Takes signals to stop. One request often comes more than once: a terminal signals all processes in the foreground,
 * `timeout` its child and then the group, and npm passes on to its child what that has already. So a further signal
 * counts only some time after the first.
 */
export function stopSignals(
  { first, echo, again }: StopSignalActions,
  clock: Pick<Clock, "monotonicMs"> = systemClock,
): (signal: StopSignal) => void {
  let firstMs: number | undefined;
  return (signal) => {
    const nowMs = clock.monotonicMs();
    if (firstMs === undefined) {
      firstMs = nowMs;
      first(signal);
    } else if (nowMs - firstMs < signalEchoMs) {
      echo?.(signal);
    } else {
      again(signal);
    }
  };
}
