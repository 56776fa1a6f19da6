import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { JournalUnusable } from "../journal.ts";
import { corrupt, unusable } from "./connection.ts";
import { type DataFiles, sizeOf } from "./files.ts";
import { applicationId, userVersion } from "./schema.ts";

export interface Found {
  readonly databaseId: string;
  readonly lastZxid: number;
}

/**
 * Looks at a database through a read-only connection, before anything is written. All that can be refused is
 * refused here: closing a writable connection would fold the WAL into the database and delete it, and with it
 * the evidence of what was lost. A read-only one leaves both as they are.
 */
export function inspect(
  files: DataFiles,
  options: { readonly knownVersion: number; readonly checkPages: boolean },
): Found {
  return lookInto(files, options.knownVersion, (connection) => {
    if (options.checkPages) assertWhole(connection, files.database);
    return findingIn(connection);
  });
}

export function findingIn(connection: Database.Database): Found {
  const select = "SELECT database_id AS databaseId, last_zxid AS lastZxid FROM meta";
  return connection.prepare<[], Found>(select).get()!;
}

/** Looks at a database that is Corral's, and leaves it and all beside it as they are. @throws JournalUnusable */
export function lookInto<T>(
  files: DataFiles,
  knownVersion: number,
  look: (connection: Database.Database) => T,
): T {
  const { database, wal } = files;
  const sharedIndex = `${database}-shm`;
  const wasThere = { wal: sizeOf(wal) !== undefined, sharedIndex: sizeOf(sharedIndex) !== undefined };
  let connection: Database.Database | undefined;
  try {
    if (sizeOf(database) === 0) throw new JournalUnusable(`${database} is empty (0 bytes): restore a backup`);
    connection = new Database(database, { readonly: true, timeout: 0 });
    assertOurs(connection, database, knownVersion);
    return look(connection);
  } catch (error) {
    throw unusable(error, database, files);
  } finally {
    connection?.close();
    if (!wasThere.sharedIndex) rmSync(sharedIndex, { force: true });
    if (!wasThere.wal && sizeOf(wal) === 0) rmSync(wal, { force: true });
  }
}

function assertOurs(connection: Database.Database, path: string, knownVersion: number): void {
  const id = connection.pragma("application_id", { simple: true }) as number;
  if (id !== applicationId) {
    throw new JournalUnusable(`${path} belongs to another program (application_id ${id})`);
  }
  const version = userVersion(connection);
  if (version > knownVersion) {
    throw new JournalUnusable(
      `${path} was written by a newer Corral (schema ${version}; this one knows up to ${knownVersion})`,
    );
  }
  if (version < 1) throw corrupt(path, `schema ${version}`);
}

function assertWhole(connection: Database.Database, path: string): void {
  const findings = connection.pragma("quick_check(1)", { simple: true });
  // A finding may span lines; the first says enough.
  if (findings !== "ok") throw corrupt(path, String(findings).replaceAll("\n", " "));
}
