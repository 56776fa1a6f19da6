import { type Client, isCorralError, type KeptNode } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { Command } from "../child-command.ts";
import { clientVerb } from "../client-verb.ts";
import { exitCodes, Failure } from "../failure.ts";

/** How long to wait for a name that another session still has: longer than that can outlive its program. */
const waitMsDefault = 60_000;

/** Runs a command while an ephemeral node stands for it. */
export const run = clientVerb({
  name: "run",
  args: [{ name: "COMMAND", kind: "command", rest: true }],
  flags: {
    register: { kind: "text", value: "PATH", help: "The ephemeral node that stands for the command." },
    data: { kind: "text", value: "TEXT", help: "Its data: an address, say; none by default." },
    parents: { kind: "switch", short: "p", help: "Create missing parents too." },
    wait: { kind: "duration", help: "How long the name may be another session's yet; 1m by default." },
  },
  about: [
    "Registers a command: creates an ephemeral node, runs the command for as long as that takes, deletes the node, and",
    "answers the command's exit code. Signals are passed on to the command. A node that is lost, with its session or",
    "because somebody deleted it, is created again; the command is not disturbed by that, and a line on standard",
    "error tells of it. With grpcurl it takes a session first, and a KeepAlive stream.",
  ].join("\n"),
  example: "corral run --register /services/login/a --data 10.0.0.5:8000 --parents -- sleep 1",
  grpcurl: `-plaintext -d '{}' localhost:7181 corral.v1.Coordination/OpenSession`,
  session: () => true,
  patient: true,
  async run({ words, flags: { register, data, parents, wait = waitMsDefault }, client, signal, ...rest }) {
    if (register === undefined) throw new UsageError("run: --register PATH is missing: the node to create");
    const path = rest.absolute(register);
    await using node = await registered(client, path, { data, parents, timeoutMs: wait, signal });
    const { io } = rest;
    const stopTelling = node.onChange((change) => {
      if (change.state === "failed") io.complain(`${path} could not be created: ${change.error.message}`);
      else io.complain(`${path} is ${change.state}${change.state === "there" ? " again" : ""}`);
    });
    try {
      return await new Command(words, io.env, rest).ended;
    } finally {
      stopTelling();
    }
  },
});

async function registered(
  client: Client,
  path: string,
  options: Parameters<Client["keepEphemeral"]>[1],
): Promise<KeptNode> {
  try {
    return await client.keepEphemeral(path, options);
  } catch (error) {
    if (!isCorralError(error, "DEADLINE_EXCEEDED")) throw error;
    const taken = await client.exists(path);
    if (taken === undefined) throw error;
    throw new Failure(
      `${path} is another session's, and was for ${options?.timeoutMs} ms`,
      exitCodes.conflict,
    );
  }
}
