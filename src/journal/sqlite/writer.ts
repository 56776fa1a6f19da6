import type Database from "better-sqlite3";
import type { Clock } from "../../clock.ts";
import type { Change } from "../../core/change.ts";
import type { NodeRecord } from "../../core/node.ts";
import { parentOf } from "../../core/path.ts";
import { transactionsIn } from "../codec.ts";
import { AclTable } from "./acl-table.ts";
import type { HistoryTable } from "./history-table.ts";
import { NodeRows } from "./node-rows.ts";
import { RequestTable } from "./request-table.ts";
import { inlineDataBytesMax } from "./schema.ts";

const updateData =
  "UPDATE nodes SET mzxid = ?, mtime_ms = ?, version = ?, owner_session = ?, data = ? WHERE path = ?";
const updateAcl = "UPDATE nodes SET acl = ?, aversion = ? WHERE path = ?";
const updateParent = "UPDATE nodes SET pzxid = ?, creates = ? WHERE path = ?";
const selectAcl = "SELECT acl FROM nodes WHERE path = ?";
const deleteNode = "DELETE FROM nodes WHERE path = ? RETURNING acl";
const deleteLarge = "DELETE FROM large_data WHERE path = ?";
const insertSession = "INSERT INTO sessions (id, secret, timeout_ms, owner) VALUES (?, ?, ?, ?)";
const updateSession = "UPDATE sessions SET timeout_ms = ? WHERE id = ?";
const deleteSession = "DELETE FROM sessions WHERE id = ?";
const updateLastZxid = "UPDATE meta SET last_zxid = ? WHERE last_zxid < ?";

/**
 * Writes batches of transactions, each batch in one SQLite transaction. The changes were decided elsewhere: one
 * that does not fit what is stored is a broken invariant, and the batch is rolled back with a plain Error.
 */
export class Writer {
  readonly #sql: Readonly<Record<keyof typeof statements, Database.Statement>>;
  readonly #write: (packed: Uint8Array) => number;
  /** A parent of many children in one batch is written once, at its end, with what the last of them left. */
  readonly #parents = new Map<string, NodeRecord>();

  readonly #history: HistoryTable;
  readonly #acls: AclTable;

  readonly #nodes: NodeRows;

  readonly #requests: RequestTable;
  readonly #clock: Clock;
  /** When the batch under way was written, and only its COMMIT was left. */
  #writtenMs = 0;

  constructor(connection: Database.Database, history: HistoryTable, clock: Clock) {
    this.#history = history;
    this.#clock = clock;
    this.#acls = new AclTable(connection);
    this.#nodes = new NodeRows(connection, this.#acls);
    this.#requests = new RequestTable(connection);
    const prepared = Object.entries(statements).map(([name, sql]) => [name, connection.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared);
    this.#write = connection.transaction((packed: Uint8Array) => this.#apply(packed)).immediate;
  }

  /** Answers how long SQLite's COMMIT took, in milliseconds, too. Throws RangeError on what is no batch. */
  write(packed: Uint8Array): { readonly lastZxid: number; readonly syncMs: number } {
    this.#parents.clear();
    this.#history.begin();
    this.#acls.begin();
    this.#nodes.begin();
    const lastZxid = this.#write(packed);
    this.#history.committed();
    this.#acls.committed();
    return { lastZxid, syncMs: this.#clock.monotonicMs() - this.#writtenMs };
  }

  #apply(packed: Uint8Array): number {
    const span = { firstZxid: 0, lastZxid: 0, timeMs: 0, count: 0 };
    for (const { zxid, timeMs, changes } of transactionsIn(packed)) {
      if (zxid <= span.lastZxid) throw new Error(`zxid ${zxid} follows ${span.lastZxid}`);
      if (span.count === 0) span.firstZxid = zxid;
      span.lastZxid = zxid;
      span.timeMs = timeMs;
      span.count++;
      for (const change of changes) this.#applyChange(change);
    }
    const { lastZxid } = span;
    this.#nodes.flush();
    for (const [path, { pzxid, creates }] of this.#parents) this.#one("updateParent", pzxid, creates, path);
    this.#acls.flush();
    this.#one("updateLastZxid", lastZxid, lastZxid);
    this.#history.append(span, packed);
    this.#writtenMs = this.#clock.monotonicMs();
    return lastZxid;
  }

  #applyChange(change: Change): void {
    if (change.kind !== "nodeCreated") this.#nodes.flush();
    switch (change.kind) {
      case "nodeCreated":
        this.#nodes.create(change.path, change.node, change.data);
        this.#parents.set(parentOf(change.path), change.parent);
        return;
      case "nodeDataSet": {
        const { path, data, node } = change;
        if (data.byteLength <= inlineDataBytesMax) this.#dropLarge(path, change.previousData);
        const { mzxid, mtimeMs, version, ephemeralOwner } = node;
        this.#one(
          "updateData",
          mzxid,
          mtimeMs,
          version,
          ephemeralOwner,
          this.#nodes.inline(path, data),
          path,
        );
        return;
      }
      case "nodeAclSet": {
        const { acl, aversion } = change.node;
        this.#acls.release(this.#aclId("selectAcl", change.path));
        this.#one("updateAcl", this.#acls.use(acl.text), aversion, change.path);
        return;
      }
      case "nodeDeleted":
        this.#acls.release(this.#aclId("deleteNode", change.path));
        this.#dropLarge(change.path, change.previousData);
        this.#parents.delete(change.path);
        this.#parents.set(parentOf(change.path), change.parent);
        return;
      case "sessionOpened":
        this.#one("insertSession", change.sessionId, change.secret, change.timeoutMs, change.owner);
        return;
      case "sessionTimeoutSet":
        this.#one("updateSession", change.timeoutMs, change.sessionId);
        return;
      case "sessionClosed":
        this.#one("deleteSession", change.sessionId);
        return;
      case "requestAnswered":
        for (const zxid of change.forgets) this.#requests.forget(zxid);
        this.#requests.add(change);
    }
  }

  /** The number of the list of a node that is there. */
  #aclId(statement: "selectAcl" | "deleteNode", path: string): number {
    const row = this.#sql[statement].get(path) as { acl: number } | undefined;
    if (row === undefined) throw new Error(`${statement} found no row: ${path}`);
    return row.acl;
  }

  /** Most nodes never had large data, and most changes say so. */
  #dropLarge(path: string, previous: Uint8Array | undefined): void {
    if (previous === undefined || previous.byteLength > inlineDataBytesMax) this.#sql.deleteLarge.run(path);
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
  updateData,
  updateAcl,
  updateParent,
  selectAcl,
  deleteNode,
  deleteLarge,
  insertSession,
  updateSession,
  deleteSession,
  updateLastZxid,
};
