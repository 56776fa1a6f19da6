import type { SignalTaker, Surrounding } from "./client-verb.ts";
import { exitCodes } from "./failure.ts";
import type { Io } from "./verb.ts";

/** A signal that is aborted by the first ctrl-C; the second one ends the process at once. */
export function interruption(io: Io): Required<Pick<Surrounding, "signal" | "takeSignals">> {
  const controller = new AbortController();
  let taker: SignalTaker = () => {
    if (controller.signal.aborted) io.exit(exitCodes.interrupted);
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) io.onSignal(signal, () => taker(signal));
  return {
    signal: controller.signal,
    takeSignals: (other) => {
      taker = other;
    },
  };
}
