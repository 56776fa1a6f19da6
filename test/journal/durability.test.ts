import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { JournalFull, JournalUnusable } from "../../src/journal/journal.ts";
import { readMark } from "../../src/journal/sqlite/mark.ts";
import { openSqliteJournal, type SqliteJournalOptions } from "../../src/journal/sqlite/sqlite-journal.ts";
import { lossRaisesZxidBy } from "../../src/limits.ts";
import { commitAndDie, startCommitter } from "./children.ts";
import { aclFor, aclSet, at, created, dataSet, deleted, loadAll, tempDir, warningsOf } from "./state.ts";

async function open(options: SqliteJournalOptions) {
  const journal = await openSqliteJournal(options);
  onTestFinished(() => journal.close());
  return journal;
}

/** A directory whose server committed zxids 1 to 8 and was killed with all of them in the log. */
async function killedAfterEight(): Promise<{ dataDir: string; wal: string }> {
  const dataDir = tempDir();
  await commitAndDie(dataDir, 8);
  return { dataDir, wal: join(dataDir, "corral.db-wal") };
}

async function refusal(dataDir: string): Promise<string> {
  const database = () => readFileSync(join(dataDir, "corral.db"));
  const before = database();
  const error = await open({ dataDir }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JournalUnusable);
  expect(database().equals(before)).toBe(true);
  return (error as Error).message;
}

test("every acknowledged commit survives SIGKILL", async () => {
  const { dataDir, wal } = await killedAfterEight();
  expect(statSync(wal).size).toBeGreaterThan(8 * 4096);
  expect(readMark(join(dataDir, "last-zxid"))).toMatchObject({ zxid: 8, clean: false });
  const { lastZxid, nodes } = await loadAll(await open({ dataDir }));
  expect(lastZxid).toBe(8);
  for (let zxid = 1; zxid <= 8; zxid++) expect(nodes.get(`/n${zxid}`)?.record.czxid).toBe(zxid);
  expect(nodes.get("/")?.record).toMatchObject({ pzxid: 8, creates: 8 });
});

test("killed at any moment, it loses nothing acknowledged and keeps no half", async () => {
  const dataDir = tempDir();
  const child = startCommitter({ dataDir, commits: 100_000, end: "stay" });
  await child.printed("150");
  child.process.kill("SIGKILL");
  await child.ended;
  const acknowledged = Number(child.lines.at(-1));
  const { lastZxid, nodes } = await loadAll(await open({ dataDir }));
  expect(lastZxid - acknowledged).toBeOneOf([0, 1]);
  expect(nodes.size).toBe(4 + lastZxid);
  expect(nodes.get("/")?.record).toMatchObject({ pzxid: lastZxid, creates: lastZxid });
});

test("a torn tail that was never acknowledged is dropped", async () => {
  const { dataDir, wal } = await killedAfterEight();
  writeFileSync(wal, Buffer.alloc(3000, 7), { flag: "a" });
  expect((await loadAll(await open({ dataDir }))).lastZxid).toBe(8);
});

test("a torn tail that was acknowledged is noticed", async () => {
  const { dataDir, wal } = await killedAfterEight();
  truncateSync(wal, statSync(wal).size - 100);
  expect(await refusal(dataDir)).toMatch(/ends at zxid 7, but zxid 8 was acknowledged.*--accept-data-loss/);
});

test("a flipped byte in the middle of the log is noticed, and the evidence kept", async () => {
  const { dataDir, wal } = await killedAfterEight();
  const bytes = readFileSync(wal);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 1;
  writeFileSync(wal, bytes);
  const reason = await refusal(dataDir);
  expect(reason).toMatch(/ends at zxid [1-7], but zxid 8 was acknowledged/);
  expect(await refusal(dataDir)).toBe(reason);
  expect(readFileSync(wal).equals(bytes)).toBe(true);

  const { log, warnings } = warningsOf();
  const { lastZxid } = await loadAll(await open({ dataDir, acceptDataLoss: true, log }));
  expect(warnings).toEqual([expect.stringMatching(/ends at zxid [1-7], but zxid 8/)]);
  expect(lastZxid).toBe(8 + lossRaisesZxidBy);
});

test("a deleted log is noticed", async () => {
  const { dataDir, wal } = await killedAfterEight();
  rmSync(wal);
  expect(await refusal(dataDir)).toMatch(/ends at zxid 0, but zxid 8 was acknowledged/);
});

test("the log of another database is noticed", async () => {
  const { dataDir, wal } = await killedAfterEight();
  const other = await killedAfterEight();
  writeFileSync(wal, readFileSync(other.wal));
  expect(await refusal(dataDir)).toMatch(/is corrupt|is database|was acknowledged/);
});

test("a full disk refuses a batch whole, and goes on when there is room again", async () => {
  const dataDir = tempDir();
  const retention = { transactionsMax: 1, bytesMax: 1e9, ageMaxMs: 1e9 };
  const journal = await open({ dataDir, pageCountMax: 40, retention });
  const large = "x".repeat(60_000);
  await journal.commit([at(1, created("/a", { data: large, parentCreates: 1 }))]);
  const tooMuch = [
    at(2, created("/b", { parentCreates: 2 }), dataSet("/a", "small", 1, { previous: large })),
    at(3, created("/c", { data: large.repeat(3), parentCreates: 3 })),
  ];
  await expect(journal.commit(tooMuch)).rejects.toBeInstanceOf(JournalFull);
  await expect(journal.commit(tooMuch)).rejects.toBeInstanceOf(JournalFull);
  await journal.commit([at(4, deleted("/a", { previous: large }))]);
  await journal.commit([at(5, created("/d", { data: large, parentCreates: 2 }))]);
  await journal.close();
  const { lastZxid, nodes } = await loadAll(await open({ dataDir }));
  expect(lastZxid).toBe(5);
  expect([...nodes.keys()].filter((path) => !path.startsWith("/zookeeper"))).toEqual(["/", "/d"]);
  expect(nodes.get("/")?.record).toMatchObject({ pzxid: 5, creates: 2 });
});

test("large data leave nothing behind when they are replaced or deleted, whether or not the change says them", async () => {
  const dataDir = tempDir();
  const journal = await open({ dataDir });
  const large = "x".repeat(60_000);
  const changes = [large, null].flatMap((previous, i) => [
    created(`/set${i}`, { data: large }),
    dataSet(`/set${i}`, "small", 1, { previous }),
    created(`/deleted${i}`, { data: large }),
    deleted(`/deleted${i}`, { previous }),
  ]);
  await journal.commit(changes.map((change, i) => at(i + 1, change)));
  await journal.close();
  const connection = new Database(join(dataDir, "corral.db"), { readonly: true });
  expect(connection.prepare("SELECT path FROM large_data").pluck().all()).toEqual([]);
  connection.close();
});

test("a list that went with a refused batch is stored with the next one, and goes with the last node that has it", async () => {
  const dataDir = tempDir();
  const journal = await open({ dataDir, pageCountMax: 40 });
  const acl = aclFor("ada");
  const large = "x".repeat(150_000);
  const tooMuch = [at(1, created("/a", { acl })), at(2, created("/b", { data: large, parentCreates: 2 }))];
  await expect(journal.commit(tooMuch)).rejects.toBeInstanceOf(JournalFull);
  await journal.commit([at(3, created("/a", { acl })), at(4, aclSet("/a", aclFor("bob"), 1))]);
  await journal.close();
  const lists = () => {
    const connection = new Database(join(dataDir, "corral.db"), { readonly: true });
    const texts = connection.prepare("SELECT text FROM acls ORDER BY text").pluck().all();
    connection.close();
    return texts;
  };
  expect(lists()).toEqual(["jwt:bob:r", "world:anyone:r"]);
  const second = await open({ dataDir });
  expect((await loadAll(second)).nodes.get("/a")?.record.acl).toEqual(aclFor("bob"));
  await second.close();
});

test("changes that contradict what is stored are rolled back, and the journal stops", async () => {
  const dataDir = tempDir();
  const journal = await open({ dataDir });
  await journal.commit([at(1, created("/a"))]);
  const broken = journal.commit([at(2, created("/b")), at(3, created("/no/parent"))]);
  await expect(broken).rejects.toThrow(/broken invariant.*updateParent changed 0 rows/);
  await expect(journal.commit([at(4, created("/c"))])).rejects.toThrow("broken invariant");
  await journal.close();
  const { lastZxid, nodes } = await loadAll(await open({ dataDir }));
  expect(lastZxid).toBe(1);
  expect(nodes.has("/b")).toBe(false);
});

test("a zxid is never used twice", async () => {
  const journal = await open({ dataDir: tempDir() });
  await journal.commit([at(5, created("/a"))]);
  await expect(journal.commit([at(5, created("/b"))])).rejects.toThrow("updateLastZxid changed 0 rows");
});

test("the log is folded into the database before it grows without end", async () => {
  const dataDir = tempDir();
  const journal = await open({ dataDir });
  const data = Buffer.alloc(1_000_000, "x");
  for (let zxid = 1; zxid <= 60; zxid++) {
    await journal.commit([at(zxid, zxid === 1 ? created("/a", { data }) : dataSet("/a", data, zxid - 1))]);
  }
  expect(statSync(join(dataDir, "corral.db-wal")).size).toBeLessThan(20 * 1_048_576);
});
