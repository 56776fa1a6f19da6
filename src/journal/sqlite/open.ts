import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import type Database from "better-sqlite3";
import { JournalUnusable, type Retention } from "../journal.ts";
import { deleteUnusedAcls } from "./acl-table.ts";
import { type ConnectOptions, connect, unusable } from "./connection.ts";
import { abandon, isDiskFailure } from "./disk-failure.ts";
import { type DataFiles, dataFiles, existsAsPlainFile, makeDataDir, sizeOf, syncDirectory } from "./files.ts";
import { isFull } from "./full-disk.ts";
import { type Found, inspect } from "./inspect.ts";
import { type Lock, takeLock } from "./lock.ts";
import type { JournalLog } from "./log.ts";
import { type Mark, MarkFile, readMark } from "./mark.ts";
import { Reserve } from "./reserve.ts";
import { type Migration, migrate, migrations } from "./schema.ts";

export interface OpenOptions extends ConnectOptions {
  readonly dataDir: string;
  /** Go on although acknowledged writes are missing, with what the database holds. Default: refuse. */
  readonly acceptDataLoss?: boolean;
  /** How much of the past to keep. Default: all of it. */
  readonly retention?: Retention;
  /** For tests of migrations. Default: all that this version knows. */
  readonly migrations?: readonly Migration[];
}

/** A data directory that is locked, checked and proven writable. */
export interface OpenDatabase extends Found {
  readonly connection: Database.Database;
  readonly files: DataFiles;
  readonly lock: Lock;
  readonly markFile: MarkFile;
  /** The disk has no room for what adds to it, maybe not for the smallest change: the state can be read. */
  readonly isFull: boolean;
}

/**
 * Opens a data directory, creating it if it is missing:
 * 1. lock it; 2. find the database or make an empty one; 3. inspect it read-only and compare it with the mark;
 * 4. only then open it for writing, migrate it, and prove the disk by a real commit.
 * Throws JournalUnusable with the exact reason; a database that is refused is left as it was.
 */
export function openDatabase(options: OpenOptions, log: JournalLog): OpenDatabase {
  const files = dataFiles(options.dataDir);
  makeDataDir(files.dir);
  const lock = takeLock(files);
  try {
    const wasFull = new Reserve(files.reserve).makeRoomToStart();
    const mark = findMark(files, options, log);
    const found = findDatabase(files, mark, options, log);
    return { ...found, files, lock, ...startWriting(files, { ...found, wasFull }, options, log) };
  } catch (error) {
    if (!isDiskFailure(error)) lock.release();
    throw unusable(error, files.database, files);
  }
}

/** The mark; undefined, and said in the log, when there is none to compare the database with. */
function findMark(files: DataFiles, options: OpenOptions, log: JournalLog): Mark | undefined {
  const mark = readMark(files.mark);
  if (mark === "unreadable") {
    const finding = `${files.mark} is unreadable: it cannot tell whether acknowledged writes are missing`;
    acceptLoss(options, log, finding);
    return undefined;
  }
  if (mark === undefined && existsAsPlainFile(files.database)) {
    log.warn({ path: files.mark }, "no record of the last acknowledged zxid: not checked");
  }
  return mark;
}

function findDatabase(
  files: DataFiles,
  mark: Mark | undefined,
  options: OpenOptions,
  log: JournalLog,
): Found {
  const knownVersion = (options.migrations ?? migrations).length;
  const walBytes = sizeOf(files.wal) ?? 0;
  if (!existsAsPlainFile(files.database)) {
    if (walBytes > 0) throw new JournalUnusable(`${files.wal} is there, but ${files.database} is missing`);
    if (mark !== undefined && mark.zxid > 0) {
      acceptLoss(options, log, `${files.database} is missing; zxid ${mark.zxid} was acknowledged`);
    }
    createDatabase(files, options.migrations);
    return inspect(files, { knownVersion, checkPages: false });
  }
  const clean = mark?.clean === true && walBytes === 0;
  if (!clean) log.info({ path: files.database, walBytes }, "not closed in order: checking the database");
  const found = inspect(files, { knownVersion, checkPages: !clean });
  compareWithMark(files, { mark, found, options, log });
  return found;
}

function compareWithMark(
  files: DataFiles,
  {
    mark,
    found,
    options,
    log,
  }: { mark: Mark | undefined; found: Found; options: OpenOptions; log: JournalLog },
): void {
  if (mark === undefined) return;
  if (mark.databaseId !== found.databaseId) {
    const message = `${files.database} is database ${found.databaseId}, but ${files.mark} speaks of ${mark.databaseId}`;
    acceptLoss(options, log, message);
  } else if (found.lastZxid < mark.zxid) {
    const message = `${files.database} ends at zxid ${found.lastZxid}, but zxid ${mark.zxid} was acknowledged`;
    acceptLoss(options, log, `${message}: the last writes are missing`);
  }
}

function acceptLoss(options: OpenOptions, log: JournalLog, finding: string): void {
  if (options.acceptDataLoss !== true) {
    throw new JournalUnusable(
      `${finding}. Restore a backup, or start with --accept-data-loss to go on without`,
    );
  }
  log.warn({}, `${finding}. Going on as --accept-data-loss says`);
}

/** Makes an empty database under another name first: a crash never leaves half a database under the real one. */
function createDatabase(files: DataFiles, steps: readonly Migration[] | undefined): void {
  const { unfinished } = files;
  createUnfinished(files, steps).close();
  if ((sizeOf(`${unfinished}-wal`) ?? 0) > 0) throw new Error(`${unfinished} kept its log`);
  renameSync(unfinished, files.database);
  syncDirectory(files.dir);
}

/** An empty database under the name of one that is being made. */
export function createUnfinished(files: DataFiles, steps?: readonly Migration[]): Database.Database {
  const { unfinished } = files;
  for (const suffix of ["", "-wal", "-journal", "-shm"]) rmSync(unfinished + suffix, { force: true });
  // Created by hand for the mode: sessions' secrets are inside. SQLite gives the WAL the same.
  closeSync(openSync(unfinished, "wx", 0o600));
  const connection = connect(unfinished, files, { isNew: true });
  try {
    migrate(connection, steps);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A real change, synced to the disk: a server that cannot write should not start, unless it only lacks room. */
const countStart = "UPDATE meta SET starts = starts + 1";

function startWriting(
  files: DataFiles,
  found: Found & { readonly wasFull: boolean },
  options: OpenOptions,
  log: JournalLog,
): Pick<OpenDatabase, "connection" | "isFull" | "markFile"> {
  const connection = connect(files.database, files, options);
  try {
    migrate(connection, options.migrations);
    // What the reserve gave up is not for what adds.
    const diskIsFull = !proveDisk(connection, files) || found.wasFull;
    if (diskIsFull) log.warn({ path: files.dir }, "the disk is full: starting all the same, to be read");
    const mark = { databaseId: found.databaseId, zxid: found.lastZxid, clean: false };
    return { connection, isFull: diskIsFull, markFile: new MarkFile(files.mark, mark) };
  } catch (error) {
    if (isDiskFailure(error)) abandon(connection);
    else connection.close();
    throw error;
  }
}

/** Answers false when the disk is full. */
function proveDisk(connection: Database.Database, files: DataFiles): boolean {
  try {
    connection.exec(`BEGIN IMMEDIATE; ${countStart}; ${deleteUnusedAcls}; COMMIT`);
    return true;
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    if (!isFull(error, () => new Reserve(files.reserve).hasRoom())) throw error;
    return false;
  }
}
