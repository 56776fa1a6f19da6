import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import type Database from "better-sqlite3";
import { lossRaisesZxidBy, zxidMax } from "../../limits.ts";
import { JournalUnusable, type Retention } from "../journal.ts";
import { closeToOthers } from "./access.ts";
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
    const losses = new Losses(options, log);
    const mark = findMark(files, losses, log);
    const found = findDatabase(files, mark, options, { losses, log });
    // It is ours.
    closeToOthers(files, log);
    const raisedZxid = losses.accepted ? zxidAfterLoss(found.lastZxid, mark) : undefined;
    return { ...found, files, lock, ...startWriting(files, { ...found, wasFull, raisedZxid }, options, log) };
  } catch (error) {
    if (!isDiskFailure(error)) lock.release();
    throw unusable(error, files.database, files);
  }
}

/** The mark; undefined, and said in the log, when there is none to compare the database with. */
function findMark(files: DataFiles, losses: Losses, log: JournalLog): Mark | undefined {
  const mark = readMark(files.mark);
  if (mark === "unreadable") {
    losses.found(`${files.mark} is unreadable: it cannot tell whether acknowledged writes are missing`);
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
  { losses, log }: { readonly losses: Losses; readonly log: JournalLog },
): Found {
  const knownVersion = (options.migrations ?? migrations).length;
  const walBytes = sizeOf(files.wal) ?? 0;
  if (!existsAsPlainFile(files.database)) {
    if (walBytes > 0) throw new JournalUnusable(`${files.wal} is there, but ${files.database} is missing`);
    if (mark !== undefined && mark.zxid > 0) {
      losses.found(`${files.database} is missing; zxid ${mark.zxid} was acknowledged`);
    }
    createDatabase(files, options.migrations);
    return inspect(files, { knownVersion, checkPages: false });
  }
  const clean = mark?.clean === true && walBytes === 0;
  if (!clean)
    log.info({ path: files.database, wal_bytes: walBytes }, "not closed in order: checking the database");
  const found = inspect(files, { knownVersion, checkPages: !clean });
  const finding = mark && missingIn(found, mark, files);
  if (finding !== undefined) losses.found(finding);
  return found;
}

/** What was acknowledged, as the mark says, and is not there. */
function missingIn(found: Found, mark: Mark, files: DataFiles): string | undefined {
  const { databaseId, lastZxid } = found;
  if (mark.databaseId !== databaseId)
    return `${files.database} is database ${databaseId}, but ${files.mark} speaks of ${mark.databaseId}`;
  if (lastZxid >= mark.zxid) return undefined;
  const fact = `${files.database} ends at zxid ${lastZxid}, but zxid ${mark.zxid} was acknowledged`;
  return `${fact}: the last writes are missing`;
}

/** Acknowledged writes that are missing, or may be: the operator decides whether to go on without them. */
class Losses {
  accepted = false;
  readonly #accept: boolean;
  readonly #log: JournalLog;

  constructor({ acceptDataLoss = false }: OpenOptions, log: JournalLog) {
    this.#accept = acceptDataLoss;
    this.#log = log;
  }

  found(finding: string): void {
    if (!this.#accept) {
      throw new JournalUnusable(
        `${finding}. Restore a backup, or start with --accept-data-loss to go on without`,
      );
    }
    this.accepted = true;
    this.#log.warn({}, `${finding}. Going on as --accept-data-loss says`);
  }
}

/**
 * Where the zxids go on after a loss: far above all that was given out, as after a restore. The mark may be older than
 * the last write that was acknowledged, and a zxid is never given twice.
 */
function zxidAfterLoss(lastZxid: number, mark: Mark | undefined): number {
  const zxid = Math.max(lastZxid, mark?.zxid ?? 0) + lossRaisesZxidBy;
  if (zxid > zxidMax) throw new JournalUnusable("the zxids are used up: restore a backup");
  return zxid;
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
  found: Found & { readonly wasFull: boolean; readonly raisedZxid: number | undefined },
  options: OpenOptions,
  log: JournalLog,
): Pick<OpenDatabase, "connection" | "isFull" | "lastZxid" | "markFile"> {
  const connection = connect(files.database, files, options);
  try {
    migrate(connection, options.migrations);
    if (found.raisedZxid !== undefined) beginHistoryAt(found.raisedZxid, connection);
    const lastZxid = found.raisedZxid ?? found.lastZxid;
    // What the reserve gave up is not for what adds.
    const diskIsFull = !proveDisk(connection, files) || found.wasFull;
    if (diskIsFull) log.warn({ path: files.dir }, "the disk is full: starting all the same, to be read");
    const mark = { databaseId: found.databaseId, zxid: lastZxid, clean: false };
    return { connection, lastZxid, isFull: diskIsFull, markFile: new MarkFile(files.mark, mark) };
  } catch (error) {
    if (isDiskFailure(error)) abandon(connection);
    else connection.close();
    throw error;
  }
}

/** Watches that resume from before are told so: what they have seen may not have happened. */
function beginHistoryAt(zxid: number, connection: Database.Database): void {
  const update = connection.prepare(
    "UPDATE meta SET last_zxid = ?, history_after = ?, history_transactions = 0, history_bytes = 0",
  );
  connection
    .transaction(() => {
      connection.exec("DELETE FROM history");
      update.run(zxid, zxid);
    })
    .immediate();
}

/** Answers false when the disk is full. */
function proveDisk(connection: Database.Database, files: DataFiles): boolean {
  try {
    connection.exec(`BEGIN IMMEDIATE; ${countStart}; COMMIT`);
    return true;
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    if (!isFull(error, () => new Reserve(files.reserve).hasRoom())) throw error;
    return false;
  }
}
