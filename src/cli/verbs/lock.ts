import { systemClock } from "../../client/clock.ts";
import { acquireLock, type Client, isCorralError, type Lock } from "../../client/index.ts";
import { lockTokenVariable } from "../../config/client-keys.ts";
import { Command } from "../child-command.ts";
import { clientVerb } from "../client-verb.ts";
import { exitCodes, Failure } from "../failure.ts";

/** Runs a command while holding a lock. */
export const lock = clientVerb({
  name: "lock",
  args: [
    { name: "PATH", kind: "path" },
    { name: "COMMAND", kind: "command", rest: true },
  ],
  flags: {
    wait: { kind: "duration", help: "How long to wait for the lock; for ever by default." },
    data: { kind: "text", value: "TEXT", help: "What others see in the lock's node: who you are, say." },
  },
  about: [
    "Waits for a lock, runs a command while it is held, and answers the command's exit code. Those who wait are",
    "served in the order in which they came; the queue is made of sequential ephemeral nodes below PATH, which is",
    "created if need be.",
    "",
    `The command finds the fencing token in ${lockTokenVariable}: a number that grows with each holder. What the`,
    "lock protects should refuse a token that is less than one it has seen. When the lock is lost, because the",
    "server could not be reached for as long as the session's timeout or because somebody deleted the node, the",
    "command is told to end (SIGTERM), killed after ten seconds, and the exit code is 5. It is 4 when the lock",
    "was not had in time. With grpcurl it takes a session, its node, and a look at who is before.",
  ].join("\n"),
  example: "corral lock /locks/nap --wait 10m -- sleep 1",
  grpcurl: `-plaintext -d '{}' localhost:7181 corral.v1.Coordination/OpenSession`,
  session: () => true,
  patient: true,
  async run({ words: [path = "", ...words], flags: { wait, data }, client, signal, ...surrounding }) {
    await using held = await acquire(client, path, { waitMs: wait, data, signal });
    const { io } = surrounding;
    const command = new Command(words, { ...io.env, [lockTokenVariable]: `${held.token}` }, surrounding);
    const end = () => void command.end();
    held.signal.addEventListener("abort", end);
    const code = await command.ended;
    held.signal.removeEventListener("abort", end);
    if (!held.signal.aborted) return code;
    const why = await whyLost(held, client, surrounding.timeoutMs);
    throw new Failure(`the lock ${path} was lost, and the command ended: ${why}`, exitCodes.unavailable);
  },
});

/** The node of a lock goes by itself, or with its session, of whose end the word may still be on its way. */
async function whyLost({ session, signal, path }: Lock, client: Client, timeoutMs: number): Promise<string> {
  if (!isCorralError(signal.reason, "NO_NODE")) return (signal.reason as Error).message;
  try {
    const call = { session, timeoutMs, signal: session.signal };
    await client.transact({ operations: [{ kind: "exists", path }] }, call);
    return `somebody deleted the lock's node ${path}`;
  } catch (error) {
    if (session.signal.aborted || isCorralError(error, "SESSION_EXPIRED"))
      return `the session ${session.id} was ended, by an operator perhaps`;
    return signal.reason.message;
  }
}

async function acquire(
  client: Client,
  path: string,
  options: {
    readonly waitMs: number | undefined;
    readonly data: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Lock> {
  const { waitMs, data, signal } = options;
  if (waitMs === undefined) return await acquireLock(client, path, { data, signal });
  const late = new AbortController();
  const cancel = systemClock.setTimeout(() => late.abort(), waitMs);
  try {
    return await acquireLock(client, path, { data, signal: AbortSignal.any([signal, late.signal]) });
  } catch (error) {
    if (!late.signal.aborted || error !== late.signal.reason) throw error;
    throw new Failure(`the lock ${path} was not free within ${waitMs} ms`, exitCodes.conflict);
  } finally {
    cancel();
  }
}
