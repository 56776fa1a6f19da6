import type { SignalTaker, Surrounding } from "./client-verb.ts";
import { exitCodes } from "./failure.ts";
import { stopSignals } from "./stop-signals.ts";
import type { Io } from "./verb.ts";

/** A signal that is aborted by the first ctrl-C; another one, some time later, ends the process at once. */
export function interruption(io: Io): Required<Pick<Surrounding, "signal" | "takeSignals">> {
  const controller = new AbortController();
  let taker: SignalTaker = stopSignals({
    first: () => controller.abort(),
    again: () => {
      io.complain("a second signal: ended at once, without waiting for the server");
      io.exit(exitCodes.interrupted);
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) io.onSignal(signal, () => taker(signal));
  return {
    signal: controller.signal,
    takeSignals: (other) => {
      taker = other;
    },
  };
}
