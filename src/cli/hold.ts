import type { Client } from "../client/index.ts";
import { exitCodes, Failure } from "./failure.ts";

/** Waits for ctrl-C. @throws Failure when the session, and what belongs to it, is gone before */
export async function untilTheSessionEnds(client: Client, signal: AbortSignal): Promise<void> {
  const session = client.session;
  await new Promise<void>((resolve, reject) => {
    const lost = () =>
      reject(new Failure("session expired: the server has deleted its nodes", exitCodes.unavailable));
    if (session === undefined || session.signal.aborted) return lost();
    if (signal.aborted) return resolve();
    session.signal.addEventListener("abort", lost, { once: true });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
