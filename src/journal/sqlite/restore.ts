import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename } from "node:path";
import type Database from "better-sqlite3";
import type { NodeRecord } from "../../core/node.ts";
import { parentOf } from "../../core/path.ts";
import type { RememberedRequest } from "../../core/request.ts";
import type { SessionRecord } from "../../core/session.ts";
import { restoreBatchRows, zxidMax } from "../../limits.ts";
import type { BackupHead } from "../backup/format.ts";
import { BackupUnusable, type ReadBackup, readBackup } from "../backup/reader.ts";
import { JournalUnusable } from "../journal.ts";
import { AclTable } from "./acl-table.ts";
import { sqliteCode, unusable } from "./connection.ts";
import { type DataFiles, dataFiles, makeDataDir, sizeOf, syncDirectory } from "./files.ts";
import { isLocked, takeLock } from "./lock.ts";
import { MarkFile } from "./mark.ts";
import { NodeRows } from "./node-rows.ts";
import { createUnfinished } from "./open.ts";
import { RequestTable } from "./request-table.ts";

export interface RestoreOptions {
  readonly dataDir: string;
  /** Keep sessions and their ephemeral nodes, for clients that come back with their tokens. */
  readonly keepSessions: boolean;
  /** By how much the zxid grows: at least 1. */
  readonly raiseZxid: number;
  /** Told now and then how many nodes have been read, of how many. */
  readonly progress: (nodes: number, nodesTotal: number) => void;
  /** Gives the restore up, with its reason. */
  readonly signal?: AbortSignal;
}

/** What a restore did. */
export interface Restored {
  readonly backup: ReadBackup;
  /** The zxid that the server starts from. */
  readonly zxid: number;
  readonly databaseId: string;
  readonly nodes: number;
  readonly sessions: number;
  readonly droppedSessions: number;
  readonly droppedEphemerals: number;
}

/**
 * Makes a data directory of a backup: one that is missing or empty, every other is left alone. While it is being
 * made, it has a mark and no database, which no server starts from; the database gets its name when everything is on
 * the disk.
 * @throws BackupUnusable, JournalUnusable; the directory is then as it was before
 */
export async function restoreBackup(
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): Promise<Restored> {
  const files = dataFiles(options.dataDir);
  const wasThere = assertEmpty(files);
  makeDataDir(files.dir);
  const lock = takeLock(files);
  try {
    // Somebody may have been faster.
    assertEmpty(files, [basename(files.lock)]);
  } catch (error) {
    lock.release();
    throw error;
  }
  try {
    const restored = await restoreInto(files, chunks, options);
    lock.release();
    return restored;
  } catch (error) {
    for (const file of [...unfinishedFiles(files), files.mark, files.lock]) rmSync(file, { force: true });
    lock.release();
    if (!wasThere) rmdirSync(files.dir);
    const isOfDisk =
      sqliteCode(error) !== undefined || (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isOfDisk ? unusable(error, files.database, files) : error;
  }
}

/** Answers whether the directory is there. @param own the files that are this process's. */
function assertEmpty(files: DataFiles, own: readonly string[] = []): boolean {
  const { dir } = files;
  const stat = lstatSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isDirectory()) throw new JournalUnusable(`${dir} is not a directory`);
  if (own.length === 0 && isLocked(dir)) throw new JournalUnusable(`a server uses ${dir}`);
  // The root of a volume has it.
  const found = readdirSync(dir).find((name) => !own.includes(name) && name !== "lost+found");
  if (found === undefined) return true;
  const isUnfinished = sizeOf(files.unfinished) !== undefined && sizeOf(files.database) === undefined;
  const what = isUnfinished
    ? "what a restore that was killed has left: remove it"
    : `${found} in it: give an empty one`;
  throw new JournalUnusable(`${dir} is not empty, there is ${what}`);
}

function unfinishedFiles({ unfinished }: DataFiles): string[] {
  return ["", "-wal", "-journal", "-shm"].map((suffix) => unfinished + suffix);
}

/** In the mark until the database is there: which one it will be is not known before. */
const noDatabase = "0".repeat(16);

async function restoreInto(
  files: DataFiles,
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): Promise<Restored> {
  let markFile: MarkFile | undefined;
  let restoring: Restoring | undefined;
  try {
    const start = (head: BackupHead) => {
      const zxid = head.zxid + options.raiseZxid;
      if (zxid > zxidMax)
        throw new BackupUnusable(`its zxid, ${head.zxid}, cannot be raised by ${options.raiseZxid}`);
      // First of all: from now on no server takes the directory for a new one.
      markFile = new MarkFile(files.mark, { databaseId: noDatabase, zxid, clean: false });
      restoring = new Restoring(createUnfinished(files), { ...options, zxid, nodesTotal: head.nodes });
    };
    const backup = await readBackup(chunks, {
      head: start,
      node: (path, record, data) => restoring!.node(path, record, data),
      session: (session) => restoring!.session(session),
      request: (request) => restoring!.request(request),
    });
    const done = restoring!.finish();
    markFile!.write({ databaseId: done.databaseId, zxid: done.zxid, clean: true });
    markFile!.sync();
    if ((sizeOf(`${files.unfinished}-wal`) ?? 0) > 0) throw new Error(`${files.unfinished} kept its log`);
    renameSync(files.unfinished, files.database);
    syncDirectory(files.dir);
    return { backup, ...done };
  } finally {
    restoring?.close();
    markFile?.close();
  }
}

/** The rows of a backup on their way into an empty database. */
class Restoring {
  readonly #connection: Database.Database;
  readonly #options: RestoreOptions & { readonly zxid: number; readonly nodesTotal: number };
  readonly #acls: AclTable;
  readonly #nodes: NodeRows;
  readonly #requests: RequestTable;
  readonly #insertSession: Database.Statement;
  /** The parents of ephemeral nodes that were dropped. */
  readonly #bereft = new Set<string>();
  readonly #kept = { nodes: 0, sessions: 0 };
  readonly #dropped = { droppedSessions: 0, droppedEphemerals: 0 };
  #rows = 0;
  #nodesRead = 0;

  constructor(
    connection: Database.Database,
    options: RestoreOptions & { readonly zxid: number; readonly nodesTotal: number },
  ) {
    this.#connection = connection;
    this.#options = options;
    // The nodes that every tree has are in the backup, as they were.
    connection.exec("BEGIN IMMEDIATE; DELETE FROM nodes; DELETE FROM acls");
    this.#acls = new AclTable(connection);
    this.#nodes = new NodeRows(connection, this.#acls);
    this.#requests = new RequestTable(connection);
    this.#insertSession = connection.prepare(
      "INSERT INTO sessions (id, secret, timeout_ms, owner) VALUES (?, ?, ?, ?)",
    );
  }

  node(path: string, record: NodeRecord, data: Uint8Array): void {
    this.#nodesRead++;
    if (record.ephemeralOwner !== 0 && !this.#options.keepSessions) {
      this.#dropped.droppedEphemerals++;
      this.#bereft.add(parentOf(path));
    } else {
      this.#kept.nodes++;
      this.#nodes.insert(path, record, data);
    }
    this.#count();
  }

  session({ id, secret, timeoutMs, owner }: SessionRecord): void {
    if (this.#options.keepSessions) {
      this.#insertSession.run(id, secret, timeoutMs, owner);
      this.#kept.sessions++;
    } else this.#dropped.droppedSessions++;
    this.#count();
  }

  request(request: RememberedRequest): void {
    this.#requests.add(request);
    this.#count();
  }

  /** Everything has been read, and is whole: it is made durable. */
  finish(): Omit<Restored, "backup"> {
    const { zxid } = this.#options;
    // As the end of their sessions, at the zxid that the server starts from, would have left them: see withoutChild.
    const orphan = this.#connection.prepare("UPDATE nodes SET pzxid = ? WHERE path = ?");
    for (const path of this.#bereft) orphan.run(zxid, path);
    this.#connection.prepare("UPDATE meta SET last_zxid = ?, history_after = ?").run(zxid, zxid);
    const databaseId = this.#connection.prepare<[], string>("SELECT database_id FROM meta").pluck().get()!;
    this.#commit();
    this.close();
    return { zxid, databaseId, ...this.#kept, ...this.#dropped };
  }

  close(): void {
    if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
    this.#connection.close();
  }

  #count(): void {
    if (++this.#rows % restoreBatchRows !== 0) return;
    this.#options.signal?.throwIfAborted();
    this.#options.progress(this.#nodesRead, this.#options.nodesTotal);
    this.#commit();
    this.#connection.exec("BEGIN IMMEDIATE");
  }

  /** In parts, so that the log beside the database stays small. */
  #commit(): void {
    this.#connection.exec("COMMIT");
    this.#connection.pragma("wal_checkpoint(TRUNCATE)");
  }
}
