import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { JournalUnusable } from "../../src/journal/journal.ts";
import { isLocked } from "../../src/journal/sqlite/lock.ts";
import { silentLog } from "../../src/journal/sqlite/log.ts";
import { readMark } from "../../src/journal/sqlite/mark.ts";
import { type OpenOptions, openDatabase } from "../../src/journal/sqlite/open.ts";
import { migrations, userVersion } from "../../src/journal/sqlite/schema.ts";
import {
  openSqliteJournal,
  type SqliteJournal,
  type SqliteJournalOptions,
} from "../../src/journal/sqlite/sqlite-journal.ts";
import { lossRaisesZxidBy } from "../../src/limits.ts";
import { commitAndDie, startCommitter } from "./children.ts";
import { at, created, loadAll, tempDir, warningsOf } from "./state.ts";

async function open(options: SqliteJournalOptions): Promise<SqliteJournal> {
  const journal = await openSqliteJournal(options);
  onTestFinished(() => journal.close());
  return journal;
}

/** A directory with a database that holds /a, closed in order. */
async function closedJournal(commits = 1): Promise<string> {
  const dataDir = tempDir();
  const journal = await openSqliteJournal({ dataDir });
  for (let zxid = 1; zxid <= commits; zxid++) {
    const data = "x".repeat(200);
    await journal.commit([at(zxid, created(`/n${zxid}`, { data, parentCreates: zxid }))]);
  }
  await journal.close();
  return dataDir;
}

/** Name, content, size and time of everything in a directory but the lock. */
function fingerprint(dir: string): unknown {
  const names = readdirSync(dir).filter((name) => name !== "LOCK");
  return names.map((name) => {
    const path = join(dir, name);
    const { mtimeNs, size } = lstatSync(path, { bigint: true });
    const hash = statSync(path).isFile() && createHash("sha256").update(readFileSync(path)).digest("hex");
    return { name, mtimeNs, size, hash };
  });
}

async function expectRefused(dataDir: string, reason: string | RegExp): Promise<void> {
  const before = fingerprint(dataDir);
  const error = await open({ dataDir }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JournalUnusable);
  expect((error as Error).message).toMatch(reason);
  expect((error as Error).message).not.toContain("\n");
  expect(fingerprint(dataDir)).toEqual(before);
}

function alter(dataDir: string, sql: string): void {
  const connection = new Database(join(dataDir, "corral.db"));
  connection.exec(sql);
  connection.close();
}

test("a new directory and its files are for their owner alone; a stop leaves no log behind", async () => {
  const dataDir = join(tempDir(), "new", "data");
  const journal = await open({ dataDir });
  await journal.commit([at(1, created("/a"))]);
  expect(readdirSync(dataDir)).toEqual(["LOCK", "corral.db", "corral.db-wal", "last-zxid"]);
  const modes = ["", ...readdirSync(dataDir)].map((name) => statSync(join(dataDir, name)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600]);
  await journal.close();
  expect(readdirSync(dataDir)).toEqual(["LOCK", "corral.db", "last-zxid"]);
});

test("a second server is refused, also in the same process or by another name of the directory", async () => {
  const dataDir = tempDir();
  const first = startCommitter({ dataDir, commits: 3, end: "stay" });
  await first.printed("3");
  const alias = join(tempDir(), "alias");
  symlinkSync(dataDir, alias);
  const refused = new JournalUnusable(`another server uses ${dataDir}`);
  await expect(open({ dataDir })).rejects.toEqual(refused);
  await expect(open({ dataDir: alias })).rejects.toThrow("another server uses");
  first.process.kill("SIGKILL");
  await first.ended;
  const heir = await open({ dataDir });
  expect((await loadAll(heir)).lastZxid).toBe(3);
  await expect(open({ dataDir })).rejects.toEqual(refused);
  await heir.commit([at(4, created("/a"))]);
});

test("who only looks whether a server uses a directory takes nothing and makes nothing", async () => {
  const dataDir = join(tempDir(), "data");
  expect(isLocked(dataDir)).toBe(false);
  expect(existsSync(dataDir)).toBe(false);
  const journal = await openSqliteJournal({ dataDir });
  for (let looks = 0; looks < 3; looks++) expect(isLocked(dataDir)).toBe(true);
  await expect(open({ dataDir })).rejects.toThrow("another server uses");
  await journal.close();
  expect(isLocked(dataDir)).toBe(false);
  await (await open({ dataDir })).close();
});

test("a server waits for who only looks", async () => {
  const dataDir = await closedJournal();
  const looking = new Database(join(dataDir, "LOCK"), { readonly: true });
  looking.exec("BEGIN");
  looking.pragma("schema_version");
  const opening = openSqliteJournal({ dataDir });
  // The journal's thread is at it by now, or will find nobody there.
  await setImmediate();
  looking.close();
  await (await opening).close();
});

test("a stopped first server still owns the directory", async () => {
  const dataDir = tempDir();
  const first = startCommitter({ dataDir, commits: 1, end: "stay" });
  await first.printed("1");
  first.process.kill("SIGSTOP");
  await expect(open({ dataDir })).rejects.toThrow("another server uses");
});

test("a directory that cannot be is refused", async () => {
  const file = join(tempDir(), "file");
  writeFileSync(file, "");
  await expect(open({ dataDir: file })).rejects.toThrow(/^cannot create .*EEXIST/);
  await expect(open({ dataDir: join(file, "below") })).rejects.toThrow(/^cannot create .*ENOTDIR/);
  await expect(open({ dataDir: "/proc/corral" })).rejects.toThrow(JournalUnusable);
});

test("whatever is not a plain file of its own is refused", async () => {
  const dataDir = await closedJournal();
  const database = join(dataDir, "corral.db");
  linkSync(database, join(dataDir, "second"));
  await expectRefused(dataDir, "has 2 names");
  rmSync(join(dataDir, "second"));
  renameSync(database, join(dataDir, "real.db"));
  symlinkSync("real.db", database);
  await expectRefused(dataDir, "is a symbolic link");
  rmSync(database);
  mkdirSync(database);
  await expectRefused(dataDir, "is not a regular file");
});

test("another program's database is refused", async () => {
  const dataDir = tempDir();
  alter(dataDir, "PRAGMA application_id = 77; CREATE TABLE theirs (a)");
  await expectRefused(dataDir, "belongs to another program (application_id 77)");
});

test("a newer Corral's database is refused", async () => {
  const dataDir = await closedJournal();
  alter(dataDir, "PRAGMA user_version = 99");
  await expectRefused(dataDir, `newer Corral (schema 99; this one knows up to ${migrations.length})`);
});

test("what is not a database is refused", async () => {
  const dataDir = tempDir();
  const database = join(dataDir, "corral.db");
  writeFileSync(database, "not a database".repeat(1000));
  await expectRefused(dataDir, "is not an SQLite database");
  writeFileSync(database, "");
  await expectRefused(dataDir, "is empty (0 bytes)");
});

test("a database that another program has open is refused", async () => {
  const dataDir = await closedJournal();
  const connection = new Database(join(dataDir, "corral.db"));
  onTestFinished(() => void connection.close());
  connection.exec("BEGIN EXCLUSIVE");
  await expect(open({ dataDir })).rejects.toThrow("another program uses");
});

test("a truncated database is refused", async () => {
  const dataDir = await closedJournal(200);
  truncateSync(join(dataDir, "corral.db"), 5 * 4096);
  await expectRefused(dataDir, "is corrupt");
});

test.each(["in order", "by a kill"])(
  "no garbled page is served half, after a stop %s",
  async (stop) => {
    const dataDir = tempDir();
    if (stop === "by a kill") await commitAndDie(dataDir, 100, 200);
    else rmSync(dataDir, { recursive: true });
    const source = stop === "by a kill" ? dataDir : await closedJournal(100);
    const names = readdirSync(source).filter((name) => name !== "LOCK");
    if (stop === "by a kill") {
      // Folds the log into the database, then says that the stop was not in order.
      await (await openSqliteJournal({ dataDir: source })).close();
      rmSync(join(source, "last-zxid"));
    }
    const original = readFileSync(join(source, "corral.db"));
    let refused = 0;
    for (let page = 0; page * 4096 < original.length; page++) {
      const copy = tempDir();
      for (const name of names.filter(
        (n) => (n !== "corral.db-wal" && n !== "last-zxid") || stop === "in order",
      )) {
        writeFileSync(join(copy, name), readFileSync(join(source, name)));
      }
      const garbled = Buffer.from(original);
      for (let i = 0; i < 4096; i++) garbled[page * 4096 + i] = (i * 31 + page * 7) % 251;
      writeFileSync(join(copy, "corral.db"), garbled);
      const problem = await open({ dataDir: copy })
        .then(loadAll)
        .then(
          ({ nodes }) => expect(nodes.size).toBe(104),
          (error: unknown) => expect(error).toBeInstanceOf(JournalUnusable) ?? error,
        );
      if (problem !== undefined) refused++;
    }
    expect(refused).toBeGreaterThan(0);
  },
  120_000,
);

test("the mark: missing is a warning, unreadable or ahead is refused unless the loss is accepted", async () => {
  const dataDir = await closedJournal(3);
  const mark = join(dataDir, "last-zxid");
  const text = readFileSync(mark, "latin1");
  expect(text).toMatch(/^corral [0-9a-f]{16} 0000000000000003 clean [0-9a-f]{8}\n$/);

  writeFileSync(mark, text.replace("3 clean", "2 clean"));
  await expectRefused(dataDir, /last-zxid is unreadable.*--accept-data-loss/);
  const accepted = warningsOf();
  await (await open({ dataDir, acceptDataLoss: true, log: accepted.log })).close();
  expect(accepted.warnings).toEqual([expect.stringContaining("is unreadable")]);
  expect(readMark(mark)).toMatchObject({ zxid: 3 + lossRaisesZxidBy, clean: true });

  rmSync(mark);
  const missing = warningsOf();
  await (await open({ dataDir, log: missing.log })).close();
  expect(missing.warnings).toEqual([expect.stringContaining("no record of the last acknowledged zxid")]);
  expect(readMark(mark)).toMatchObject({ zxid: 3 + lossRaisesZxidBy, clean: true });
});

test("a database that vanished, or was replaced by another, is noticed", async () => {
  const dataDir = await closedJournal(3);
  const database = join(dataDir, "corral.db");
  rmSync(database);
  await expectRefused(dataDir, /corral.db is missing; zxid 3 was acknowledged.*--accept-data-loss/);
  const other = await closedJournal(5);
  writeFileSync(database, readFileSync(join(other, "corral.db")));
  await expectRefused(dataDir, /is database [0-9a-f]{16}, but .* speaks of/);
});

/** What the next version might do. */
const nextStep = (connection: Database.Database) =>
  connection.exec("ALTER TABLE sessions ADD COLUMN note TEXT");

function openHere(options: OpenOptions): Database.Database {
  const { connection, lock, markFile } = openDatabase(options, silentLog);
  onTestFinished(() => {
    connection.close();
    markFile.close();
    lock.release();
  });
  return connection;
}

test("an older database is migrated, and then too new for the older version", async () => {
  const dataDir = await closedJournal();
  const connection = openHere({ dataDir, migrations: [...migrations, nextStep] });
  expect(userVersion(connection)).toBe(migrations.length + 1);
  expect(connection.prepare("SELECT count(note) FROM sessions").pluck().get()).toBe(0);
  expect(connection.prepare("SELECT path FROM nodes WHERE path = '/n1'").pluck().get()).toBe("/n1");
  const copy = tempDir();
  connection.pragma("wal_checkpoint(TRUNCATE)");
  connection.close();
  writeFileSync(join(copy, "corral.db"), readFileSync(join(dataDir, "corral.db")));
  await expectRefused(copy, "newer Corral");
});

test("a kill inside a migration leaves the older version whole", async () => {
  const dataDir = await closedJournal();
  await startCommitter({ dataDir, commits: 0, end: "dieMigrating" }).ended;
  const connection = openHere({ dataDir });
  expect(userVersion(connection)).toBe(migrations.length);
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE name = 'half_way'").all();
  expect(tables).toEqual([]);
});

test("durability settings are what they must be", () => {
  const connection = openHere({ dataDir: tempDir() });
  const read = (name: string) => connection.pragma(name, { simple: true });
  expect(read("synchronous")).toBe(2);
  expect(read("journal_mode")).toBe("wal");
  expect(read("locking_mode")).toBe("exclusive");
  expect(read("wal_autocheckpoint")).toBe(0);
  expect(read("trusted_schema")).toBe(0);
  expect(read("cell_size_check")).toBe(1);
});

test("a second open in the same process is refused, and other processes still see the first one's lock", async () => {
  const dataDir = tempDir();
  await open({ dataDir });
  await expect(open({ dataDir })).rejects.toThrow("another server uses");
  const child = startCommitter({ dataDir, commits: 1, end: "exit" });
  await child.ended;
  expect(child.lines).toEqual(["JournalUnusable"]);
});

test("files that are open to others are closed to them, and a directory that is open is said", async () => {
  const dataDir = await closedJournal();
  const names = ["LOCK", "corral.db", "last-zxid"];
  for (const name of names) chmodSync(join(dataDir, name), 0o644);
  chmodSync(dataDir, 0o755);
  const { log, warnings } = warningsOf();
  await (await open({ dataDir, log })).close();
  for (const name of names) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  expect(warnings.sort()).toEqual([
    "the data directory is open to other users: chmod 700 closes it",
    ...names.map(() => "the file was open to other users: closed to them"),
  ]);
});

test("nothing is written through a symbolic link in the place of the mark, the lock or the reserve", async () => {
  for (const name of ["last-zxid", "LOCK", "reserve"]) {
    const dataDir = await closedJournal();
    const victim = join(tempDir(), "victim");
    writeFileSync(victim, "mine");
    rmSync(join(dataDir, name), { force: true });
    symlinkSync(victim, join(dataDir, name));
    await expect(open({ dataDir, acceptDataLoss: true }), name).rejects.toBeInstanceOf(JournalUnusable);
    expect(readFileSync(victim, "utf8")).toBe("mine");
  }
});
