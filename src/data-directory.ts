// What the command does with data at rest, without a server: the composition root of all that needs none.
import { checkDataDirectory } from "./journal/sqlite/check.ts";
import { dataFiles, makeDataDir } from "./journal/sqlite/files.ts";
import { isLocked } from "./journal/sqlite/lock.ts";
import { restoreBackup } from "./journal/sqlite/restore.ts";

export type { BackupHead } from "./journal/backup/format.ts";
export { BackupUnusable, type ReadBackup, readBackup } from "./journal/backup/reader.ts";
export { JournalUnusable } from "./journal/journal.ts";
export type { Checked } from "./journal/sqlite/check.ts";
export type { Restored, RestoreOptions } from "./journal/sqlite/restore.ts";

/** A data directory, whether or not a server uses it. */
export const dataDirectory = {
  /** Creates it for its owner alone if it is missing. @throws JournalUnusable */
  make: (dataDir: string) => makeDataDir(dataFiles(dataDir).dir),
  /** Whether a server uses it now, by its lock: one that was killed does not. @throws JournalUnusable */
  isInUse: (dataDir: string) => isLocked(dataDir),
  /** Makes one of a backup. @throws BackupUnusable, JournalUnusable */
  restore: restoreBackup,
  /** Looks for all that is wrong in one. @throws JournalUnusable when it cannot be looked at */
  check: checkDataDirectory,
};
