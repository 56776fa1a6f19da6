import type { Logger } from "../ops/logger.ts";
import type { RunningServer } from "../server.ts";
import { signalEchoMs } from "./limits.ts";
import { stopSignals } from "./stop-signals.ts";
import type { Io } from "./verb.ts";

/**
 * Failures of a start that a user can mend, by the names of their classes: the message says it all. Anything
 * else that fails a start is also logged, with its stack.
 */
const expectedAtStart: ReadonlySet<string> = new Set([
  "AuditLogError",
  "JournalUnusable",
  "KeyFileError",
  "ListenError",
]);

/**
 * Starts a server and lives as long as it: answers the exit code, 0 after a graceful stop, 1 after a failure.
 * A signal stops it gracefully, also while it still starts; another one ends the process with 130, unless it is an
 * echo of the first.
 * @param listening told once the server listens and its log says so
 */
export async function supervise(
  start: () => Promise<RunningServer>,
  log: Logger,
  io: Io,
  listening: (address: string) => void = () => {},
): Promise<number> {
  const stop = firstSignal(log, io);
  io.onUncaught((err) => {
    log.fatal({ err }, "an error that nobody caught; the server ends");
    io.exit(1);
  });
  let server: RunningServer;
  // The handlers are in place: from here on a signal is answered.
  log.info({}, "starting");
  try {
    server = await start();
  } catch (error) {
    return failedStart(error, log, io);
  }
  // A start that was taken back meanwhile is none that anybody should learn of.
  if (!stop.asked) {
    const { address, port } = server;
    log.info({ address, port }, `listening on ${address}`);
    listening(address);
  }
  try {
    await Promise.race([stop.signal, server.failed]);
    await Promise.race([server.stop(), server.failed]);
  } catch (err) {
    log.fatal({ err }, "the server failed and ends");
    return 1;
  }
  log.info({}, "stopped");
  return 0;
}

function firstSignal(log: Logger, io: Io): { readonly asked: boolean; readonly signal: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = { asked: false, signal: promise };
  const taken = stopSignals({
    first: (signal) => {
      log.info({ signal }, "stopping");
      stop.asked = true;
      resolve();
    },
    echo: (signal) => log.info({ signal }, echoText),
    again: (signal) => {
      log.fatal({ signal }, "a second signal; the server ends at once");
      io.exit(130);
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) io.onSignal(signal, () => taken(signal));
  return stop;
}

const echoText = `stopping already; a signal ${signalEchoMs / 1_000} s after the first ends the server at once`;

function failedStart(error: unknown, log: Logger, io: Io): number {
  if (!(error instanceof Error && expectedAtStart.has(error.name))) {
    log.fatal({ err: error }, "the server could not start");
  }
  io.complain(error instanceof Error ? error.message : String(error));
  return 1;
}
