import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";
import { JournalUnusable } from "../journal.ts";
import { sqliteCode } from "./connection.ts";
import { type DataFiles, dataFiles, existsAsPlainFile, reasonOf, sizeOf } from "./files.ts";

export interface Lock {
  release(): void;
}

/**
 * Takes the data directory for this process, for life. The guard is a file of its own that nobody else has a
 * reason to open: the locks on the database itself would vanish if anything in this process opened and closed
 * it outside SQLite. SQLite is used only because Node has no file locks; the file stays empty.
 * A killed process loses the lock with its life.
 */
export function takeLock(files: DataFiles): Lock {
  let connection: Database.Database | undefined;
  try {
    // To open and close one that is there would drop the lock of this process, if it has it.
    if (!existsAsPlainFile(files.lock)) closeSync(openSync(files.lock, "wx", 0o600));
    // Who only looks whether it is taken holds it for an instant.
    connection = new Database(files.lock, { timeout: 200 });
    connection.pragma("locking_mode = EXCLUSIVE");
    // Nothing is ever written, so no journal need stand ready beside it.
    connection.pragma("journal_mode = MEMORY");
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    connection?.close();
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) {
      throw new JournalUnusable(`another server uses ${files.dir}`);
    }
    throw new JournalUnusable(`cannot lock ${files.lock}: ${reasonOf(error)}`);
  }
  const held = connection;
  return { release: () => void held.close() };
}

/** Whether a server uses the data directory now. A dead one does not: its lock went with its life. */
export function isLocked(dataDir: string): boolean {
  const { lock } = dataFiles(dataDir);
  if (sizeOf(lock) === undefined) return false;
  let connection: Database.Database | undefined;
  try {
    connection = new Database(lock, { timeout: 0, readonly: true });
    connection.pragma("schema_version");
    return false;
  } catch (error) {
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) return true;
    throw new JournalUnusable(`cannot look at ${lock}: ${reasonOf(error)}`);
  } finally {
    connection?.close();
  }
}
