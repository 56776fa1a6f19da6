import type { Client } from "../../client/index.ts";
import type { ReadBackup } from "../../data-directory.ts";
import { clientVerb } from "../client-verb.ts";
import { connectionFlags } from "../connection-flags.ts";
import { parseLine } from "../flags.ts";
import { megabytes, readingBackup } from "../transfer/backup-file.ts";
import { forceFlag } from "../transfer/flags.ts";
import { amount } from "../transfer/report.ts";
import { WholeFile } from "../transfer/whole-file.ts";
import type { Io } from "../verb.ts";

const flags = forceFlag;

const save = clientVerb({
  name: "backup",
  args: [{ name: "FILE" }],
  flags,
  about: [
    "Writes everything that the server has, as of one moment, into a file, while writes go on: nodes, access control",
    "lists, sessions, and the ids of requests. It is for whom the list of / gives ADMIN. The file appears when it is",
    "whole, checked, and on the disk; keep it to yourself, since it holds the secrets of sessions. `corral restore`",
    "makes a data directory of it.",
    "",
    "`corral backup inspect FILE` checks such a file, and tells what is in it. (A file of that name: ./inspect.)",
  ].join("\n"),
  example: "corral backup corral.backup",
  grpcurl: "-plaintext localhost:7181 corral.v1.Admin/Backup",
  async run({ words: [file = ""], flags: { force = false }, client, out, io, signal }) {
    try {
      await using target = await WholeFile.create(file, force);
      const { zxid, nodes, sessions, timeMs, fileBytes } = await receive(file, {
        target,
        client,
        io,
        signal,
      });
      await target.finish();
      io.progress("");
      out.one({ file, zxid, timeMs, nodes, sessions, fileBytes }, () => {
        const what = `${amount(nodes, "node")} and ${amount(sessions, "session")}`;
        return `${what} as of zxid ${zxid} in ${file}, ${megabytes(fileBytes)}`;
      });
    } finally {
      io.progress("");
    }
    return 0;
  },
});

/** What the server sends goes into the file, and is checked on its way. */
async function receive(
  file: string,
  { target, client, io, signal }: { target: WholeFile; client: Client; io: Io; signal: AbortSignal },
): Promise<ReadBackup> {
  const { readBackup } = await import("../../data-directory.ts");
  async function* written(): AsyncGenerator<Uint8Array, void> {
    let bytes = 0;
    for await (const { chunk, nodes, nodesTotal } of client.admin.backup({ signal })) {
      bytes += chunk.length;
      io.progress(`${nodes} of ${amount(nodesTotal, "node")}, ${megabytes(bytes)}`);
      await target.write(chunk);
      yield chunk;
    }
  }
  return await readingBackup(file, () => readBackup(written()));
}

/** Writes backups, and looks into them. */
export const backup = {
  ...save,
  line: {
    ...save.line,
    args: [
      { name: "FILE", values: ["inspect"] },
      { name: "FILE", optional: true },
    ],
  },
  async run(args: readonly string[], io: Io): Promise<number> {
    const { words } = parseLine(args, { ...connectionFlags, ...flags });
    if (words[0] !== "inspect") return await save.run(args, io);
    const { inspectBackup } = await import("./backup-inspect.ts");
    return await inspectBackup.run(args.toSpliced(args.indexOf("inspect"), 1), io);
  },
};
