// Databases of the first schemas, as they were before they had all columns, open with everything that is in them.
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { dataDirectory } from "../../src/data-directory.ts";
import { Engine } from "../../src/engine/engine.ts";
import { applicationId } from "../../src/journal/sqlite/schema.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { engineSettings } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";
import { tempDir } from "./state.ts";

const numbers =
  "czxid INTEGER NOT NULL, mzxid INTEGER NOT NULL, pzxid INTEGER NOT NULL, ctime_ms INTEGER NOT NULL, mtime_ms INTEGER NOT NULL, version INTEGER NOT NULL, creates INTEGER NOT NULL, aversion INTEGER NOT NULL, owner_session INTEGER NOT NULL";

const first = `
  CREATE TABLE nodes (path TEXT NOT NULL PRIMARY KEY, ${numbers}, data BLOB) STRICT, WITHOUT ROWID;
  CREATE TABLE large_data (path TEXT NOT NULL PRIMARY KEY, data BLOB NOT NULL) STRICT;
  CREATE TABLE sessions (id INTEGER PRIMARY KEY, secret TEXT NOT NULL, timeout_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), database_id TEXT NOT NULL, last_zxid INTEGER NOT NULL, starts INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (1, '0123456789abcdef', 3, 1);
  INSERT INTO nodes VALUES ('/', 0, 0, 3, 0, 0, 0, 2, 0, 0, x''), ('/zookeeper', 0, 0, 0, 0, 0, 0, 0, 0, 0, x''),
    ('/zookeeper/config', 0, 0, 0, 0, 0, 0, 0, -1, 0, x''), ('/zookeeper/quota', 0, 0, 0, 0, 0, 0, 0, 0, 0, x''),
    ('/a', 2, 2, 2, 5, 5, 0, 0, 0, 0, x'6869'), ('/e', 3, 3, 3, 5, 5, 0, 0, 0, 1, x'');
  INSERT INTO sessions VALUES (1, 's', 4000);`;

/** With a history that is packed as nobody reads it today. */
const second = `${first}
  CREATE TABLE history (last_zxid INTEGER PRIMARY KEY, first_zxid INTEGER NOT NULL, time_ms INTEGER NOT NULL, transactions INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;
  ALTER TABLE meta ADD COLUMN history_after INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN history_transactions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN history_bytes INTEGER NOT NULL DEFAULT 0;
  INSERT INTO history VALUES (3, 1, 5, 3, x'ff00ff');
  UPDATE meta SET history_transactions = 3, history_bytes = 3;`;

const withLifetimes = `${second} ALTER TABLE nodes ADD COLUMN lifetime_ms INTEGER NOT NULL DEFAULT 0;`;

const withRequests = `${withLifetimes}
  ALTER TABLE sessions ADD COLUMN owner TEXT NOT NULL DEFAULT '';
  CREATE TABLE requests (zxid INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, answer TEXT NOT NULL) STRICT;`;

test.each([
  ["the first schema", 1, first],
  ["the second schema", 2, second],
  ["the second schema with lifetimes", 2, withLifetimes],
  ["the second schema with owners and requests", 2, withRequests],
])("a database of %s opens, is sound, and takes writes", async (_name, version, sql) => {
  const dataDir = tempDir();
  const database = new Database(join(dataDir, "corral.db"));
  database.exec(`${sql} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version};`);
  database.close();
  const engine = await Engine.start({
    journal: await openSqliteJournal({ dataDir }),
    clock: new ManualClock(),
    random: new CountingRandom(),
    settings: engineSettings,
    onFailure: () => {},
  });
  expect(engine.tree.node("/e")?.ephemeralOwner).toBe(1);
  expect(Buffer.from(engine.tree.data("/a")!).toString()).toBe("hi");
  const added = await engine.submit(
    { op: "create", path: "/b", data: new Uint8Array(), mode: "persistent" },
    {},
  );
  expect(added).toMatchObject({ ok: true, zxid: 4 });
  await engine.stop();
  expect(dataDirectory.check(dataDir).problems).toEqual([]);
});
