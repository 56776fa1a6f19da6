// A database that SQLite finds whole, and that contradicts itself: no server starts with it, and fsck says the same.
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { dataDirectory } from "../../src/data-directory.ts";
import { Engine } from "../../src/engine/engine.ts";
import { JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { at, created, tempDir } from "../journal/state.ts";
import { engineSettings } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";

/** What a server has left, altered. */
async function damaged(sql: string): Promise<string> {
  const dataDir = tempDir();
  const journal = await openSqliteJournal({ dataDir });
  await journal.commit([
    at(1, { kind: "sessionOpened", sessionId: 1, secret: "s", timeoutMs: 4_000, owner: "" }),
    at(2, created("/p")),
    at(3, created("/p/c", { parentCreates: 1 })),
    at(4, created("/e", { owner: 1, parentCreates: 2 })),
  ]);
  await journal.close();
  const database = new Database(join(dataDir, "corral.db"));
  database.exec(sql);
  database.close();
  return dataDir;
}

/** Every table, but for how often it was started. */
function contents(dataDir: string): unknown {
  const database = new Database(join(dataDir, "corral.db"), { readonly: true });
  const names = database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all();
  const rows = names.map((name) => database.prepare(`SELECT * FROM ${name}`).all() as object[]);
  database.close();
  return rows.flat().map((row) => ({ ...row, starts: 0 }));
}

async function start(dataDir: string): Promise<Engine> {
  const journal = await openSqliteJournal({ dataDir });
  onTestFinished(() => journal.close());
  const clock = new ManualClock();
  const random = new CountingRandom();
  return Engine.start({ journal, clock, random, settings: engineSettings, onFailure: () => {} });
}

test.each([
  ["a parent is missing", "DELETE FROM nodes WHERE path = '/p'", "/p/c has no parent"],
  ["the root is missing", "DELETE FROM nodes WHERE path = '/'", "has no parent"],
  [
    "a reserved node is missing",
    "DELETE FROM nodes WHERE path = '/zookeeper/quota'",
    "/zookeeper/quota is missing",
  ],
  [
    "an ephemeral node has a child",
    "UPDATE nodes SET owner_session = 1 WHERE path = '/p'",
    "ephemeral and has children",
  ],
  ["a path is malformed", "UPDATE nodes SET path = '/p/../c' WHERE path = '/p/c'", "not allowed"],
  [
    "sequence numbers would be given again",
    "UPDATE nodes SET creates = 0 WHERE path = '/p'",
    "/p has 1 children, and counts 0",
  ],
  ["an ephemeral node's session is missing", "DELETE FROM sessions", "session 1 is gone"],
  ["the history ends too early", "DELETE FROM history", "the history ends at zxid 0"],
  ["nodes are newer than the database", "UPDATE meta SET last_zxid = 2", "zxid 2"],
  ["a lifetime is negative", "UPDATE nodes SET lifetime_ms = -7 WHERE path = '/p'", "below 0"],
])("a start is refused when %s, and changes nothing", async (_what, sql, reason) => {
  const dataDir = await damaged(sql);
  const before = contents(dataDir);
  const refusal = await start(dataDir).catch((error: Error) => error);
  expect(refusal).toBeInstanceOf(JournalUnusable);
  expect((refusal as Error).message).toContain(reason);
  expect(dataDirectory.check(dataDir).problems).not.toEqual([]);
  expect(contents(dataDir)).toEqual(before);
});
