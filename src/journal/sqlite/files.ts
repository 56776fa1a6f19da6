import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { JournalUnusable } from "../journal.ts";

/** The names of a data directory's files. The database has a log, SQLite's WAL, beside it. */
export interface DataFiles {
  readonly dir: string;
  readonly database: string;
  readonly wal: string;
  /** A database under construction: renamed into place when it is whole. */
  readonly unfinished: string;
  readonly lock: string;
  readonly mark: string;
  /** Space for a full disk. */
  readonly reserve: string;
}

export function dataFiles(dataDir: string): DataFiles {
  const dir = resolve(dataDir);
  const database = join(dir, "corral.db");
  return {
    dir,
    database,
    wal: `${database}-wal`,
    unfinished: join(dir, "corral.db.new"),
    lock: join(dir, "LOCK"),
    mark: join(dir, "last-zxid"),
    reserve: join(dir, "reserve"),
  };
}

/** Creates the directory for its owner alone if it is missing, and makes its own entry durable. */
export function makeDataDir(dir: string): void {
  try {
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new Error("EEXIST: it is a file");
    // Step by step: Node's recursive mkdir never returns where the parent exists and takes no directories (/proc).
    const missing: string[] = [];
    for (let at = dir; !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const path of missing) {
      mkdirSync(path, { mode: 0o700 });
      syncDirectory(dirname(path));
    }
  } catch (error) {
    throw new JournalUnusable(`cannot create ${dir}: ${reasonOf(error)}`);
  }
}

/** Makes the creation, renaming and deletion of files in a directory survive a power failure. */
export function syncDirectory(dir: string): void {
  const fd = openSync(dir, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A file's size by its name alone; undefined if there is none. Nothing is opened. */
export function sizeOf(path: string): number | undefined {
  return look(path)?.size;
}

/** What there is under a name: nothing, too, where the directory is a file. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** What is left on a directory's disk for this user. */
export function freeBytesOf(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/**
 * Answers whether the file exists, looking at its name only: to open and close a database that SQLite has open
 * in this process would drop SQLite's POSIX locks on it. Two names of one file would have two WALs: refused.
 */
export function existsAsPlainFile(path: string): boolean {
  const stat = look(path);
  if (stat === undefined) return false;
  if (stat.isSymbolicLink()) throw new JournalUnusable(`${path} is a symbolic link: use the real file`);
  if (!stat.isFile()) throw new JournalUnusable(`${path} is not a regular file`);
  if (stat.nlink > 1) throw new JournalUnusable(`${path} has ${stat.nlink} names (hard links): keep one`);
  return true;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
