import type Database from "better-sqlite3";
import { openAcl } from "../../core/acl.ts";
import { reservedNodes } from "../../core/reserved.ts";
import { completeEarlySchema } from "./early-schemas.ts";

/** "Crrl": tells a Corral database from any other SQLite file. */
export const applicationId = 0x43_72_72_6c;

/** Brings a database from one schema to the next; runs inside a transaction and must not end it. */
export type Migration = (connection: Database.Database) => void;

/**
 * Migration i leads from user_version i to i + 1. Once released, one is never changed: add another.
 */
export const migrations: readonly Migration[] = [createSchema, addHistory, addHolders, addClock];

/**
 * nodes is keyed by path: a scan in key order gives parents before children, and siblings by their UTF-8 bytes.
 * It is WITHOUT ROWID, so that a path is stored once and a load reads the file in order. Rows must then be
 * small: data of more than 512 bytes (nodes.data is NULL) are kept in large_data. That also keeps the update of
 * a parent's counters from reading and rebuilding its large data, and costs the common small node nothing.
 * A node's access control list is a number of acls, 0 for the open one: nodes share few lists.
 * Measured per create against one table for all: equal at 100 bytes (4 us in batches of 1,000, where a second
 * table for all data takes 6), 290 against 500 us at 64 KiB, 42 against 83 us under a parent of 1 MiB.
 */
const schema = `
  CREATE TABLE nodes (
    path          TEXT NOT NULL PRIMARY KEY,
    czxid         INTEGER NOT NULL,
    mzxid         INTEGER NOT NULL,
    pzxid         INTEGER NOT NULL,
    ctime_ms      INTEGER NOT NULL,
    mtime_ms      INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    creates       INTEGER NOT NULL,
    aversion      INTEGER NOT NULL,
    owner_session INTEGER NOT NULL,
    lifetime_ms   INTEGER NOT NULL,
    acl           INTEGER NOT NULL,
    data          BLOB
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE acls (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE large_data (
    path TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL
  ) STRICT;

  CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    secret     TEXT NOT NULL,
    timeout_ms INTEGER NOT NULL,
    owner      TEXT NOT NULL
  ) STRICT;

  CREATE TABLE requests (
    zxid        INTEGER PRIMARY KEY,
    time_ms     INTEGER NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer      TEXT NOT NULL
  ) STRICT;

  CREATE TABLE meta (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    database_id TEXT NOT NULL,
    last_zxid   INTEGER NOT NULL,
    starts      INTEGER NOT NULL
  ) STRICT;

  INSERT INTO meta VALUES (1, lower(hex(randomblob(8))), 0, 0);
`;

/** Larger data move from nodes to large_data: rows stay well below a quarter of a page. */
export const inlineDataBytesMax = 512;

function createSchema(connection: Database.Database): void {
  connection.exec(schema);
  const insert = connection.prepare(
    "INSERT INTO nodes VALUES (:path, :czxid, :mzxid, :pzxid, :ctimeMs, :mtimeMs, :version, :creates, :aversion, :ephemeralOwner, :lifetimeMs, :aclId, x'')",
  );
  const addAcl = connection.prepare("INSERT OR IGNORE INTO acls VALUES (:aclId, :text)");
  for (const { path, record } of reservedNodes) {
    const { acl, ...numbers } = record;
    // One of them has a list of its own.
    const aclId = acl === openAcl ? 0 : 1;
    if (aclId !== 0) addAcl.run({ aclId, text: acl.text });
    insert.run({ path, ...numbers, aclId });
  }
}

/**
 * The changes themselves, one row per batch, packed as the journal's worker gets them: the history costs one
 * insertion per fsync. It is complete after zxid history_after, the end of what was pruned. A database from
 * before has none.
 */
const history = `
  CREATE TABLE history (
    last_zxid    INTEGER PRIMARY KEY,
    first_zxid   INTEGER NOT NULL,
    time_ms      INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    packed       BLOB NOT NULL
  ) STRICT;

  ALTER TABLE meta ADD COLUMN history_after INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN history_transactions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN history_bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET history_after = last_zxid;
`;

function addHistory(connection: Database.Database): void {
  connection.exec(history);
}

/** For whom each remembered request counts; those from before count for nobody. */
function addHolders(connection: Database.Database): void {
  connection.exec("ALTER TABLE requests ADD COLUMN holder TEXT NOT NULL DEFAULT ''");
}

/** How the wall clock was set, in order, and when a server was there last: after which zxid, and by the wall clock. */
const clock = `
  CREATE TABLE clock_jumps (
    position INTEGER PRIMARY KEY,
    zxid     INTEGER NOT NULL,
    ms       INTEGER NOT NULL
  ) STRICT;

  ALTER TABLE meta ADD COLUMN seen_zxid INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;
`;

function addClock(connection: Database.Database): void {
  connection.exec(clock);
}

/** Brings the database to the newest schema in one transaction: all steps or none. */
export function migrate(connection: Database.Database, steps: readonly Migration[] = migrations): void {
  const from = userVersion(connection);
  if (from === steps.length) return;
  connection
    .transaction(() => {
      if (from === 1 || from === 2) completeEarlySchema(connection);
      for (const step of steps.slice(from)) step(connection);
      connection.pragma(`application_id = ${applicationId}`);
      connection.pragma(`user_version = ${steps.length}`);
    })
    .immediate();
}

export function userVersion(connection: Database.Database): number {
  return connection.pragma("user_version", { simple: true }) as number;
}
