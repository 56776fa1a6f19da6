import { connectionFlags } from "../connection-flags.ts";
import { localVerb } from "../local-verb.ts";
import { time } from "../stat-text.ts";
import { bytesOf, readingBackup } from "../transfer/backup-file.ts";

/** Checks a backup, and tells what is in it. */
export const inspectBackup = localVerb({
  name: "backup inspect",
  args: [{ name: "FILE" }],
  // What comes from a context or before the verb is not in the way.
  flags: connectionFlags,
  about: "Reads a backup to its end, checks every byte of it, and tells what is in it.",
  example: "corral backup inspect corral.backup",
  async run({ words: [file = ""], out, io, signal }) {
    const { readBackup } = await import("../../data-directory.ts");
    const more = { ephemerals: 0, dataBytes: 0 };
    let nodes = 0;
    const read = await readingBackup(file, () =>
      readBackup(bytesOf(file), {
        head: () => {},
        node: (_path, { ephemeralOwner }, { length }) => {
          if (++nodes % nodesPerStep === 0) {
            signal.throwIfAborted();
            io.progress(`${nodes} nodes read`);
          }
          more.dataBytes += length;
          if (ephemeralOwner !== 0) more.ephemerals++;
        },
        session: () => {},
        request: () => {},
      }),
    );
    io.progress("");
    out.one({ file, ...read, ...more, checksum: "ok" }, () =>
      [
        ["zxid", read.zxid],
        ["time", time(read.timeMs)],
        ["nodes", read.nodes],
        ["ephemerals", more.ephemerals],
        ["sessions", read.sessions],
        ["requests", read.requests],
        ["data bytes", more.dataBytes],
        ["file bytes", read.fileBytes],
        ["database", read.databaseId],
        ["server", `Corral ${read.serverVersion}`],
        ["checksum", "ok"],
      ]
        .map(([name, value]) => `${String(name).padEnd(11)} ${value}`)
        .join("\n"),
    );
    return 0;
  },
});

const nodesPerStep = 10_000;
