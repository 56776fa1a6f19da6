import type { Restored } from "../../data-directory.ts";
import { exitCodes, Failure } from "../failure.ts";
import { restoreRaiseZxidDefault } from "../limits.ts";
import { localVerb } from "../local-verb.ts";
import { time } from "../stat-text.ts";
import { bytesOf, readingBackup } from "../transfer/backup-file.ts";
import { amount } from "../transfer/report.ts";

/** Makes a data directory of a backup. */
export const restore = localVerb({
  name: "restore",
  args: [{ name: "FILE" }, { name: "DIR" }],
  flags: {
    keepSessions: {
      kind: "switch",
      help: "Keep sessions and their ephemeral nodes, for clients that come back in time.",
    },
    raiseZxid: {
      kind: "number",
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      help: "By how much the zxid grows, 1 at least; 1000000000 by default.",
    },
  },
  about: [
    "Makes the data directory DIR of a file that `corral backup` wrote. DIR is missing or empty, or nothing is done.",
    "Sessions are dropped, and their ephemeral nodes with them. The zxid is raised, so that no client has seen a later",
    "one, and the history begins there: watches that go on from before are told COMPACTED, and read everything anew.",
    "A restore that fails leaves DIR as it was; from one that was killed no server starts.",
  ].join("\n"),
  example: "corral restore corral.backup ./restored",
  async run({ words: [file = "", dataDir = ""], flags, out, io, signal }) {
    const { keepSessions = false, raiseZxid = restoreRaiseZxidDefault } = flags;
    const { dataDirectory } = await import("../../data-directory.ts");
    const progress = (nodes: number, total: number) => io.progress(`${nodes} of ${amount(total, "node")}`);
    const options = { dataDir, keepSessions, raiseZxid, progress, signal };
    try {
      const done = await readingBackup(file, () => dataDirectory.restore(bytesOf(file), options));
      io.progress("");
      const { backup, ...others } = done;
      out.one({ file, dataDir, raiseZxid, ...others, backup }, () =>
        inWords(done, { file, dataDir, raiseZxid }),
      );
    } catch (error) {
      io.progress("");
      if (!(error instanceof Error && error.name === "JournalUnusable")) throw error;
      throw new Failure(error.message, exitCodes.conflict);
    }
    return 0;
  },
});

function inWords(
  { backup, zxid, nodes, sessions, droppedSessions, droppedEphemerals }: Restored,
  { file, dataDir, raiseZxid }: { file: string; dataDir: string; raiseZxid: number },
): string {
  const dropped = `${droppedSessions} dropped with ${amount(droppedEphemerals, "ephemeral node")}`;
  return [
    `restored ${dataDir} from ${file}`,
    `backup    zxid ${backup.zxid}, ${time(backup.timeMs)}, of database ${backup.databaseId}`,
    `nodes     ${nodes}`,
    `sessions  ${sessions} kept, ${dropped}`,
    `zxid      ${zxid}, raised by ${raiseZxid}; the history begins here`,
  ].join("\n");
}
