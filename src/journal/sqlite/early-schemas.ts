import type Database from "better-sqlite3";
import { openAcl } from "../../core/acl.ts";
import { reservedNodes } from "../../core/reserved.ts";

/** Columns that the first two schemas were given without a number of their own. */
const columns = [
  ["nodes", "lifetime_ms", "INTEGER NOT NULL DEFAULT 0"],
  ["nodes", "acl", "INTEGER NOT NULL DEFAULT 0"],
  ["sessions", "owner", "TEXT NOT NULL DEFAULT ''"],
] as const;

const tables = `
  CREATE TABLE IF NOT EXISTS acls (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE IF NOT EXISTS requests (
    zxid        INTEGER PRIMARY KEY,
    time_ms     INTEGER NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer      TEXT NOT NULL
  ) STRICT;
`;

/**
 * Gives a database of schema 1 or 2 what those schemas came to have: before the first release they grew without a new
 * number. Its history, packed as it was then, is dropped if anything was missing.
 */
export function completeEarlySchema(connection: Database.Database): void {
  const missing = columns.filter(([table, column]) => !columnsOf(connection, table).includes(column));
  const lacksTable =
    columnsOf(connection, "acls").length === 0 || columnsOf(connection, "requests").length === 0;
  if (missing.length === 0 && !lacksTable) return;
  for (const [table, column, type] of missing)
    connection.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
  connection.exec(tables);
  addReservedNodes(connection);
  if (columnsOf(connection, "history").length === 0) return;
  connection.exec(`
    DELETE FROM history;
    UPDATE meta SET history_after = last_zxid, history_transactions = 0, history_bytes = 0`);
}

function columnsOf(connection: Database.Database, table: string): string[] {
  return connection.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
}

/** Those that were not there yet, or had no list. */
function addReservedNodes(connection: Database.Database): void {
  const insert = connection.prepare(`
    INSERT OR IGNORE INTO nodes
      (path, czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl, data)
    VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, x'')`);
  const addList = connection.prepare("INSERT OR IGNORE INTO acls (text) VALUES (?)");
  const setList = connection.prepare(
    "UPDATE nodes SET acl = (SELECT id FROM acls WHERE text = ?), aversion = ? WHERE path = ? AND acl = 0",
  );
  for (const { path, record } of reservedNodes) {
    insert.run(path);
    if (record.acl === openAcl) continue;
    addList.run(record.acl.text);
    setList.run(record.acl.text, record.aversion, path);
  }
}
