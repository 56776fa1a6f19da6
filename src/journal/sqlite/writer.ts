import type Database from "better-sqlite3";
import type { Change, Transaction } from "../../core/change.ts";
import { inlineDataBytesMax } from "./schema.ts";

/** What the children created and deleted in a batch leave to do on their parent. */
interface ParentUpdate {
  pzxid: number;
  /** null: as it is. */
  creates: number | null;
}

const insertNode = `
  INSERT INTO nodes (path, czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, data)
  VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?)`;
const updateData = "UPDATE nodes SET mzxid = ?, mtime_ms = ?, version = ?, data = ? WHERE path = ?";
const updateParent = "UPDATE nodes SET pzxid = ?, creates = coalesce(?, creates) WHERE path = ?";
const deleteNode = "DELETE FROM nodes WHERE path = ?";
const putLarge = "INSERT OR REPLACE INTO large_data (path, data) VALUES (?, ?)";
const deleteLarge = "DELETE FROM large_data WHERE path = ?";
const insertSession = "INSERT INTO sessions (id, secret, timeout_ms) VALUES (?, ?, ?)";
const updateSession = "UPDATE sessions SET timeout_ms = ? WHERE id = ?";
const deleteSession = "DELETE FROM sessions WHERE id = ?";
const updateLastZxid = "UPDATE meta SET last_zxid = ? WHERE last_zxid < ?";

/**
 * Writes batches of transactions, each batch in one SQLite transaction. The changes were decided elsewhere: one
 * that does not fit what is stored is a broken invariant, and the batch is rolled back with a plain Error.
 */
export class Writer {
  readonly #sql: Readonly<Record<keyof typeof statements, Database.Statement>>;
  readonly #write: (batch: readonly Transaction[]) => void;
  readonly #parents = new Map<string, ParentUpdate>();

  constructor(connection: Database.Database) {
    const prepared = Object.entries(statements).map(([name, sql]) => [name, connection.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared);
    this.#write = connection.transaction((batch: readonly Transaction[]) => this.#apply(batch)).immediate;
  }

  write(batch: readonly Transaction[]): void {
    this.#parents.clear();
    this.#write(batch);
  }

  #apply(batch: readonly Transaction[]): void {
    let lastZxid = 0;
    for (const transaction of batch) {
      if (transaction.zxid <= lastZxid) throw new Error(`zxid ${transaction.zxid} follows ${lastZxid}`);
      lastZxid = transaction.zxid;
      for (const change of transaction.changes) this.#applyChange(change, transaction);
    }
    for (const [path, { pzxid, creates }] of this.#parents) this.#one("updateParent", pzxid, creates, path);
    this.#one("updateLastZxid", lastZxid, lastZxid);
  }

  #applyChange(change: Change, { zxid, timeMs }: Transaction): void {
    switch (change.kind) {
      case "nodeCreated": {
        const { path, data, ephemeralOwner } = change;
        const stored = this.#inline(path, data);
        this.#one("insertNode", path, zxid, zxid, zxid, timeMs, timeMs, ephemeralOwner, stored);
        this.#touchParent(path, zxid, change.parentCreates);
        return;
      }
      case "nodeDataSet": {
        const { path, data, version } = change;
        if (data.byteLength <= inlineDataBytesMax) this.#sql.deleteLarge.run(path);
        this.#one("updateData", zxid, timeMs, version, this.#inline(path, data), path);
        return;
      }
      case "nodeDeleted":
        this.#one("deleteNode", change.path);
        this.#sql.deleteLarge.run(change.path);
        this.#parents.delete(change.path);
        this.#touchParent(change.path, zxid, null);
        return;
      case "sessionOpened":
        this.#one("insertSession", change.sessionId, change.secret, change.timeoutMs);
        return;
      case "sessionTimeoutSet":
        this.#one("updateSession", change.timeoutMs, change.sessionId);
        return;
      case "sessionClosed":
        this.#one("deleteSession", change.sessionId);
    }
  }

  /** The data to keep in the node's row: null when they are too large and were put aside. */
  #inline(path: string, data: Uint8Array): Uint8Array | null {
    if (data.byteLength <= inlineDataBytesMax) return data;
    this.#one("putLarge", path, data);
    return null;
  }

  /** A parent of many children in one batch is written once, at its end, with what the last of them left. */
  #touchParent(path: string, zxid: number, creates: number | null): void {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    const pending = this.#parents.get(parent);
    if (pending === undefined) {
      this.#parents.set(parent, { pzxid: zxid, creates });
    } else {
      pending.pzxid = zxid;
      pending.creates = creates ?? pending.creates;
    }
  }

  #one(statement: keyof typeof statements, ...values: (string | number | Uint8Array | null)[]): void {
    const { changes } = this.#sql[statement].run(...values);
    if (changes !== 1)
      throw new Error(
        `${statement} changed ${changes} rows: ${values.filter((value) => typeof value !== "object")}`,
      );
  }
}

const statements = {
  insertNode,
  updateData,
  updateParent,
  deleteNode,
  putLarge,
  deleteLarge,
  insertSession,
  updateSession,
  deleteSession,
  updateLastZxid,
};
