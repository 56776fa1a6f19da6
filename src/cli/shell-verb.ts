import { UsageError } from "../config/usage-error.ts";
import { flagLines } from "./client-verb.ts";
import { connectionFlags } from "./connection-flags.ts";
import { parseLine } from "./flags.ts";
import type { Verb } from "./verb.ts";

/** Opens the shell, on a terminal, or for lines that come from a file. */
export const shell: Verb = {
  usage: () =>
    [
      "Usage: corral shell [flags]",
      "",
      "Opens a shell with a session of its own: the same verbs, and cd, pwd, addauth, history, help and quit. Paths may",
      "be relative; the tabulator completes. Lines may also come from a file, `corral shell < lines`: then it ends with",
      "the exit code of the last one that failed, or 0.",
      "",
      "Example:",
      "  corral shell --endpoint localhost:7181",
      "",
      "Flags:",
      ...flagLines(connectionFlags),
    ].join("\n"),

  async run(args, io) {
    const { flags, words } = parseLine(args, connectionFlags);
    if (words.length > 0) throw new UsageError(`shell: unexpected argument ${JSON.stringify(words[0])}`);
    const [{ askSecret }, { targetOf }, { connectTo }, { guarded }, { Shell }] = await Promise.all([
      import("./ask-secret.ts"),
      import("./target.ts"),
      import("./one-shot.ts"),
      import("./client-verb.ts"),
      import("./shell/shell.ts"),
    ]);
    const target = await targetOf(flags, io.env, (prompt) => askSecret(io, prompt));
    const { signal } = new AbortController();
    return await guarded(io, signal, async () => {
      await using client = await connectTo(target, { session: true, patient: flags.retry === true, signal });
      const open = new Shell(client, target, io);
      io.onSignal("SIGTERM", () => open.quit());
      await open.run();
      return open.exitCode;
    });
  },
};
