import { chmodSync, lstatSync, statSync } from "node:fs";
import { type DataFiles, reasonOf } from "./files.ts";
import type { JournalLog } from "./log.ts";

/** What others may do with a file. */
const othersMask = 0o077;

/**
 * Takes from others what they may do with the files of a data directory: the secrets of sessions are in them. Of the
 * directory itself, which may be a volume that somebody else set up, it is said. By their names: see existsAsPlainFile.
 */
export function closeToOthers(files: DataFiles, log: JournalLog): void {
  const { dir, database, wal, mark, reserve, lock } = files;
  if ((statSync(dir).mode & othersMask) !== 0)
    log.warn({ path: dir }, "the data directory is open to other users: chmod 700 closes it");
  for (const path of [database, wal, mark, reserve, lock]) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || (stat.mode & othersMask) === 0) continue;
    try {
      chmodSync(path, 0o600);
      log.warn({ path }, "the file was open to other users: closed to them");
    } catch (error) {
      log.warn(
        { path, reason: reasonOf(error) },
        "the file is open to other users, and cannot be closed to them",
      );
    }
  }
}
