// What `corral fsck` finds: nothing in what servers leave, each kind of damage in what was tampered with.
import { createHash } from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../../src/clock.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { Engine } from "../../src/engine/engine.ts";
import { MarkFile } from "../../src/journal/sqlite/mark.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { engineSettings } from "../support/engine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { commitAndDie } from "./children.ts";
import { aclFor, tempDir } from "./state.ts";

/** What a server has left. */
let left: string;
/** The same, for one test. */
let dataDir: string;

beforeAll(async () => {
  left = mkdtempSync(join(tmpdir(), "corral-check-"));
  await serve(left, async (engine) => {
    const create = (path: string, data = "") =>
      engine.submit({ op: "create", path, data: Buffer.from(data), mode: "persistent" }, {});
    const { session } = await engine.openSession(0);
    await create("/a", "some data");
    await create("/a/b", "x".repeat(1_000));
    await create("/a/c");
    await engine.submit({ op: "setAcl", path: "/a/b", acl: aclFor("ada").entries, aversion: -1 }, {});
    const ephemeral = { op: "create", path: "/a/e", data: new Uint8Array(), mode: "ephemeral" } as const;
    const request = { key: "k".repeat(20), fingerprint: "f" };
    await engine.submit(ephemeral, { sessionId: session.id, request });
  });
});

afterAll(() => rmSync(left, { recursive: true }));

beforeEach(() => {
  dataDir = tempDir();
  cpSync(left, dataDir, { recursive: true });
});

/** A server's life. */
async function serve(dataDir: string, life: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await Engine.start({
    journal: await openSqliteJournal({ dataDir }),
    clock: new ManualClock(),
    random: systemRandom,
    settings: engineSettings,
    onFailure: () => {},
  });
  await life(engine);
  await engine.stop();
}

function alter(sql: string): void {
  const connection = new Database(join(dataDir, "corral.db"));
  connection.exec(sql);
  connection.close();
}

/** Everything in the directory: names, contents, times. */
function fingerprint(): unknown {
  return readdirSync(dataDir).map((name) => {
    const path = join(dataDir, name);
    const { mtimeNs, mode } = lstatSync(path, { bigint: true });
    return [name, mtimeNs, mode, createHash("sha256").update(readFileSync(path)).digest("hex")];
  });
}

function problems(): readonly string[] {
  const before = fingerprint();
  const found = dataDirectory.check(dataDir).problems;
  expect(fingerprint()).toEqual(before);
  for (const problem of found) expect(problem).not.toContain("\n");
  return found;
}

test("what a server leaves is sound", () => {
  expect(problems()).toEqual([]);
  expect(dataDirectory.check(dataDir)).toEqual({
    problems: [],
    zxid: 6,
    nodes: 8,
    sessions: 1,
    transactions: 6,
  });
});

test("so is what a killed one leaves, and its log is not folded", async () => {
  dataDir = tempDir();
  await commitAndDie(dataDir, 30);
  expect(statSync(join(dataDir, "corral.db-wal")).size).toBeGreaterThan(0);
  expect(problems()).toEqual([]);
  expect(dataDirectory.check(dataDir)).toMatchObject({ zxid: 30, nodes: 34, transactions: 30 });
});

test("a directory that was copied without its lock gets none", () => {
  rmSync(join(dataDir, "LOCK"));
  expect(problems()).toEqual([]);
});

test("one that a server uses, or that has no database, is not looked at", async () => {
  await serve(dataDir, async () => {
    expect(() => dataDirectory.check(dataDir)).toThrow(`a server uses ${dataDir}: stop it first`);
  });
  const empty = tempDir();
  expect(() => dataDirectory.check(empty)).toThrow(`there is no database in ${empty}`);
  expect(readdirSync(empty)).toEqual([]);
});

test("one from before asks for a start first", () => {
  alter("PRAGMA user_version = 1");
  expect(() => dataDirectory.check(dataDir)).toThrow(
    /of an older Corral \(schema 1\): start the server once/,
  );
});

describe("it finds", () => {
  test.each([
    [
      "a child without a parent",
      "DELETE FROM nodes WHERE path = '/a'",
      ["/a/b has no parent", "/a/c has no parent", "/a/e has no parent"],
    ],
    [
      "a missing node of the server's own",
      "DELETE FROM nodes WHERE path LIKE '/zookeeper/quota'",
      ["/zookeeper/quota is missing"],
    ],
    [
      "a creation of which the parent does not know",
      "UPDATE nodes SET pzxid = 2 WHERE path = '/a'",
      ["/a/b was created at zxid 3, of which its parent does not know", "/a/c was", "/a/e was"],
    ],
    [
      "fewer creations than children",
      "UPDATE nodes SET creates = 1 WHERE path = '/a'",
      ["/a has 3 children, and counts 1 creations"],
    ],
    ["an ephemeral node without its session", "DELETE FROM sessions", ["session 1 is gone, but owns /a/e"]],
    [
      "an ephemeral node with children",
      "UPDATE nodes SET owner_session = 1 WHERE path = '/a'",
      ["/a: it is ephemeral and has children"],
    ],
    [
      "a node from the future",
      "UPDATE nodes SET mzxid = 99 WHERE path = '/a/c'",
      ["/a/c was touched after the last zxid, 6"],
    ],
    [
      "numbers that cannot be",
      "UPDATE nodes SET czxid = -5 WHERE path = '/a/c'",
      ["not a storable integer: -5"],
    ],
    [
      "a path that cannot be",
      "UPDATE nodes SET path = '/a/./c' WHERE path = '/a/c'",
      ['invalid path "/a/./c"'],
    ],
    ["missing data", "DELETE FROM large_data", ["the data of /a/b are missing"]],
    [
      "data of nobody",
      "INSERT INTO large_data VALUES ('/zz', x'00'), ('/a/c', x'00')",
      ["there are data put aside for /zz", "there are data put aside for /a/c"],
    ],
    [
      "a missing access control list",
      "DELETE FROM acls WHERE text LIKE 'jwt:%'",
      ["the access control list of /a/b is missing"],
    ],
    [
      "an access control list that cannot be read",
      "UPDATE acls SET text = 'nonsense' WHERE text LIKE 'jwt:%'",
      ["the access control list of /a/b: not an entry"],
    ],
    [
      "a session from the future",
      "INSERT INTO sessions VALUES (99, 's', 1, '')",
      ["session 99 was opened after the last zxid"],
    ],
    [
      "an answer that cannot be read",
      "UPDATE requests SET answer = '{'",
      ["the answer to the request of zxid 6 cannot be read"],
    ],
    [
      "a gap in the history",
      "DELETE FROM history WHERE first_zxid = 3",
      ["the history of zxid 4 to 4 does not go on after zxid 2", "the history is said to be"],
    ],
    [
      "a history that ends too early",
      "DELETE FROM history WHERE last_zxid = 6",
      ["the history ends at zxid 5, and the database is at 6", "the history is said to be"],
    ],
    [
      "a history that cannot be read",
      "UPDATE history SET packed = x'0263' WHERE last_zxid = 6",
      ["the history of zxid 6 to 6 cannot be read", "the history is said"],
    ],
    [
      "other changes than it says",
      "UPDATE history SET packed = (SELECT packed FROM history WHERE last_zxid = 5) WHERE last_zxid = 6",
      ["the history of zxid 6 to 6 holds other changes: 1, from zxid 5 to 5", "the history is said"],
    ],
    ["no state at all", "DELETE FROM meta", ["the database does not say at which zxid it is"]],
    [
      "writes that are missing",
      "UPDATE meta SET last_zxid = 5; DELETE FROM nodes WHERE path = '/a/e'; DELETE FROM history WHERE last_zxid = 6",
      [
        "the request of zxid 6 was made after",
        "/a was touched after",
        "/a/b has no",
        "/a/c has no",
        "the history is said",
        "the database ends at zxid 5, but zxid 6 was acknowledged",
      ],
    ],
  ])("%s", (_what, sql, expected) => {
    alter(sql);
    const found = problems();
    expect([...found].sort(), found.join("\n")).toEqual(
      [...expected].sort().map((part) => expect.stringContaining(part)),
    );
  });

  test.each([
    ["missing", (mark: string) => rmSync(mark), /last-zxid is missing/],
    ["damaged", (mark: string) => truncateSync(mark, 20), /last-zxid cannot be read/],
    ["another's", otherDatabase, /speaks of database 0{16}, and this one is/],
  ])("a mark that is %s", (_what, harm, reason) => {
    harm(join(dataDir, "last-zxid"));
    expect(problems()).toEqual([expect.stringMatching(reason)]);
  });

  test("pages that are damaged, and then looks no further", () => {
    const file = join(dataDir, "corral.db");
    const bytes = readFileSync(file);
    bytes.fill(0xff, 3 * 4_096, 4 * 4_096);
    writeFileSync(file, bytes);
    const found = problems();
    expect(found.length).toBeGreaterThan(0);
    for (const problem of found) expect(problem).toMatch(/^pages of the database: /);
  });
});

function otherDatabase(mark: string): void {
  new MarkFile(mark, { databaseId: "0".repeat(16), zxid: 6, clean: true }).close();
}
