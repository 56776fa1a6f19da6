import type Database from "better-sqlite3";
import type { NodeRecord } from "../../core/node.ts";
import type { AclTable } from "./acl-table.ts";
import { inlineDataBytesMax } from "./schema.ts";

const insertNode = `
  INSERT INTO nodes (path, czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** A node as its creation leaves it, of which little is its own: `createdNode`. */
const insertCreated = (rows: number) => `
  WITH created (path, zxid, time_ms, owner_session, lifetime_ms, acl, data)
    AS (VALUES ${new Array(rows).fill("(?, ?, ?, ?, ?, ?, ?)").join(", ")})
  INSERT INTO nodes (path, czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl, data)
  SELECT path, zxid, zxid, zxid, time_ms, time_ms, 0, 0, 0, owner_session, lifetime_ms, acl, data FROM created`;

/** Created nodes that go into the table by one statement: measured, 1.6 us each where one by one takes 2.3. */
const rowsTogether = 16;
const putLarge = "INSERT OR REPLACE INTO large_data (path, data) VALUES (?, ?)";

/** How new nodes become rows. */
export class NodeRows {
  readonly #insert: Database.Statement;
  readonly #insertOne: Database.Statement;
  readonly #insertMany: Database.Statement;
  /** The columns of created nodes that are not in the table yet. */
  #waiting: (string | number | Uint8Array | null)[][] = [];
  readonly #putLarge: Database.Statement;
  readonly #acls: AclTable;

  constructor(connection: Database.Database, acls: AclTable) {
    this.#insert = connection.prepare(insertNode);
    this.#insertOne = connection.prepare(insertCreated(1));
    this.#insertMany = connection.prepare(insertCreated(rowsTogether));
    this.#putLarge = connection.prepare(putLarge);
    this.#acls = acls;
  }

  /** Inside a transaction. */
  insert(path: string, node: NodeRecord, data: Uint8Array): void {
    const { czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion } = node;
    const stat = [czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion];
    const kept = [node.ephemeralOwner, node.lifetimeMs, this.#acls.use(node.acl.text)];
    this.#insert.run(path, ...stat, ...kept, this.inline(path, data));
  }

  /** Forgets what a transaction that failed had begun. */
  begin(): void {
    this.#waiting = [];
  }

  /** Inserts a node as `createdNode` makes it, by the next `flush` at the latest. Inside a transaction. */
  create(path: string, node: NodeRecord, data: Uint8Array): void {
    const { czxid, ctimeMs, ephemeralOwner, lifetimeMs, acl } = node;
    const kept = [ephemeralOwner, lifetimeMs, this.#acls.use(acl.text)];
    this.#waiting.push([path, czxid, ctimeMs, ...kept, this.inline(path, data)]);
    if (this.#waiting.length < rowsTogether) return;
    this.#insertMany.run(this.#waiting.flat());
    this.#waiting = [];
  }

  /** Before anything else is done to rows, and at the end of the transaction. */
  flush(): void {
    for (const row of this.#waiting) this.#insertOne.run(row);
    this.#waiting = [];
  }

  /** The data to keep in the node's row: null when they are too large and were put aside. */
  inline(path: string, data: Uint8Array): Uint8Array | null {
    if (data.byteLength <= inlineDataBytesMax) return data;
    this.#putLarge.run(path, data);
    return null;
  }
}
