import type Database from "better-sqlite3";
import type { NodeRecord } from "../../core/node.ts";
import type { AclTable } from "./acl-table.ts";
import { inlineDataBytesMax } from "./schema.ts";

const insertNode = `
  INSERT INTO nodes (path, czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl, data)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const putLarge = "INSERT OR REPLACE INTO large_data (path, data) VALUES (?, ?)";

/** How new nodes become rows. */
export class NodeRows {
  readonly #insert: Database.Statement;
  readonly #putLarge: Database.Statement;
  readonly #acls: AclTable;

  constructor(connection: Database.Database, acls: AclTable) {
    this.#insert = connection.prepare(insertNode);
    this.#putLarge = connection.prepare(putLarge);
    this.#acls = acls;
  }

  /** Inside a transaction. */
  insert(path: string, node: NodeRecord, data: Uint8Array): void {
    const { czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion } = node;
    const stat = [czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion];
    const kept = [node.ephemeralOwner, node.lifetimeMs, this.#acls.idOf(node.acl.text)];
    this.#insert.run(path, ...stat, ...kept, this.inline(path, data));
  }

  /** The data to keep in the node's row: null when they are too large and were put aside. */
  inline(path: string, data: Uint8Array): Uint8Array | null {
    if (data.byteLength <= inlineDataBytesMax) return data;
    this.#putLarge.run(path, data);
    return null;
  }
}
