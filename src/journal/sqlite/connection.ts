import Database from "better-sqlite3";
import { JournalUnusable } from "../journal.ts";
import { type DataFiles, reasonOf } from "./files.ts";

/** What SQLite may keep in memory of the file, in KiB: the paths that a busy server touches. */
const cacheKib = 8 * 1024;

/** The WAL file shrinks to this size when it is started anew after growing large. */
const walBytesKept = 64 * 1_048_576;

export interface ConnectOptions {
  /** For tests of a full disk: the most pages of the database. */
  readonly pageCountMax?: number;
  /** The file is empty: a database is to be made of it. */
  readonly isNew?: boolean;
}

/** Opens the database for this process alone, and asserts each setting that durability depends on. */
export function connect(path: string, files: DataFiles, options: ConnectOptions = {}): Database.Database {
  let connection: Database.Database | undefined;
  try {
    connection = new Database(path, { timeout: 0, fileMustExist: true });
    configure(connection, options.isNew === true);
    if (options.pageCountMax !== undefined) connection.pragma(`max_page_count = ${options.pageCountMax}`);
    return connection;
  } catch (error) {
    connection?.close();
    throw unusable(error, path, files);
  }
}

function configure(connection: Database.Database, isNew: boolean): void {
  // First of all: with it SQLite keeps the index of the WAL on the heap and shares it with nobody.
  set(connection, "locking_mode = EXCLUSIVE", "exclusive");
  // It is decided before there is a page, and cannot be decided later.
  if (isNew) connection.pragma("auto_vacuum = INCREMENTAL");
  set(connection, "journal_mode = WAL", "wal");
  // better-sqlite3's build means NORMAL in WAL mode, which may lose acknowledged commits to a power failure.
  connection.pragma("synchronous = FULL");
  assertSetting(connection, "synchronous", 2);
  set(connection, "wal_autocheckpoint = 0", 0);
  set(connection, `journal_size_limit = ${walBytesKept}`, walBytesKept);
  connection.pragma(`cache_size = -${cacheKib}`);
  connection.pragma("trusted_schema = OFF");
  connection.pragma("cell_size_check = ON");
  connection.pragma("temp_store = MEMORY");
}

function set(connection: Database.Database, assignment: string, expected: string | number): void {
  const actual = connection.pragma(assignment, { simple: true });
  if (actual !== expected) throw new Error(`PRAGMA ${assignment} answered ${actual}`);
}

function assertSetting(connection: Database.Database, name: string, expected: number): void {
  const actual = connection.pragma(name, { simple: true });
  if (actual !== expected) throw new Error(`PRAGMA ${name} reads ${actual}, not ${expected}`);
}

/** SQLite's extended result code by name, such as SQLITE_IOERR_FSYNC; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** What an error says, with SQLite's name for it. */
export function explained(error: unknown): string {
  const code = sqliteCode(error);
  return code === undefined ? reasonOf(error) : `${reasonOf(error)} (${code})`;
}

/** Says in one line why a database cannot be used. */
export function unusable(error: unknown, path: string, files: DataFiles): JournalUnusable {
  if (error instanceof JournalUnusable) return error;
  const code = sqliteCode(error);
  const reason = reasonOf(error);
  if (code?.startsWith("SQLITE_BUSY")) return new JournalUnusable(`another program uses ${path}`);
  if (code === "SQLITE_NOTADB") return new JournalUnusable(`${path} is not an SQLite database`);
  if (code?.startsWith("SQLITE_CORRUPT")) return corrupt(path, reason);
  // SHMSIZE: there is no room for the index of the WAL, which a first look at the database needs.
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE")
    return new JournalUnusable(`the disk of ${files.dir} is full`);
  return new JournalUnusable(`cannot use ${path}: ${explained(error)}`, { cause: error });
}

export function corrupt(path: string, finding: string): JournalUnusable {
  return new JournalUnusable(`${path} is corrupt (${finding}): restore a backup; nothing was repaired`);
}
