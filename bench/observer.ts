import { systemClock } from "../src/clock.ts";
import { CallObserver } from "../src/grpc/adapter/call-observer.ts";

/** Observes calls as a server does that nobody traces. */
export function observing(): CallObserver {
  const log = { error: console.error, warn: console.warn };
  return new CallObserver({ clock: systemClock, log, slowRequestMs: 1_000, tracing: undefined });
}

/** What servers answer to GetStatus when nobody asks. */
export function unasked(): Promise<never> {
  return Promise.reject(new Error("no bench asks for it"));
}
