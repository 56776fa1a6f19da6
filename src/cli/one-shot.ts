import { connect } from "../client/index.ts";
import { askSecret } from "./ask-secret.ts";
import { guarded, type Surrounding } from "./client-verb.ts";
import type { ConnectionFlags } from "./connection-flags.ts";
import { exitCodes, Failure, failureOf } from "./failure.ts";
import type { FlagValues } from "./flags.ts";
import { interruption } from "./interruption.ts";
import { Output } from "./output.ts";
import { type Target, targetOf } from "./target.ts";
import type { Io } from "./verb.ts";

/** Connects, does one thing, says goodbye; answers the exit code. @throws UsageError */
export async function runWithClient(
  flags: FlagValues<ConnectionFlags>,
  io: Io,
  { run, ...how }: Connecting & { readonly run: (surrounding: Surrounding) => Promise<number> },
): Promise<number> {
  const target = await targetOf(flags, io.env, (prompt) => askSecret(io, prompt));
  const { signal, takeSignals } = interruption(io);
  return await guarded(io, signal, async () => {
    await using client = await connectTo(target, { ...how, signal });
    const out = new Output(target.format, io);
    const { timeoutMs } = target;
    return await run({ client, out, io, signal, takeSignals, timeoutMs, absolute: (path) => path });
  });
}

/** How to connect. */
interface Connecting {
  readonly session: boolean;
  /** Wait for a server that refuses connections. */
  readonly patient: boolean;
}

/** A client of the target. @throws Failure that says why there is none */
export async function connectTo(
  target: Target,
  { session, patient, signal }: Connecting & { readonly signal: AbortSignal },
) {
  const refused = new AbortController();
  const lookWhy = async () => {
    const { refusal } = await import("./unreachable.ts");
    const why = await refusal(target);
    if (why !== undefined) refused.abort(unavailable(why));
  };
  const { endpoints, authorization, tls, timeoutMs } = target;
  try {
    return await connect({
      endpoints,
      authorization,
      tls,
      timeoutMs,
      signal: AbortSignal.any([signal, refused.signal]),
      onUnreachable: patient ? undefined : () => void lookWhy(),
      ...(session ? {} : { sessionTimeoutMs: false as const }),
    });
  } catch (error) {
    if (!(error instanceof Error && "reason" in error && error.reason === "DEADLINE_EXCEEDED")) throw error;
    // A server was reached, and said why there is no session.
    if (error.cause instanceof Error && failureOf(error.cause) !== undefined && !isLost(error.cause))
      throw error.cause;
    const { whyUnreachable } = await import("./unreachable.ts");
    throw unavailable(await whyUnreachable(target));
  }
}

function unavailable(why: string): Failure {
  return new Failure(`unavailable: ${why}`, exitCodes.unavailable);
}

function isLost(error: Error): boolean {
  return "reason" in error && error.reason === "CONNECTION_LOST";
}
