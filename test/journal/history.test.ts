import { describe, expect, onTestFinished, test } from "vitest";
import type { Transaction } from "../../src/core/change.ts";
import { Compacted, type Journal, JournalFull } from "../../src/journal/journal.ts";
import { silentLog } from "../../src/journal/sqlite/log.ts";
import { openDatabase } from "../../src/journal/sqlite/open.ts";
import { migrations } from "../../src/journal/sqlite/schema.ts";
import { openSqliteJournal, type SqliteJournalOptions } from "../../src/journal/sqlite/sqlite-journal.ts";
import { prunedBatchesMax } from "../../src/limits.ts";
import { allHistory, at, created, dataSet, deleted, loadAll, plain, tempDir } from "./state.ts";

/** What the SQLite journal keeps of the past, and for how long; that it keeps it right is in the contract. */

async function open(options: SqliteJournalOptions): Promise<Journal> {
  const journal = await openSqliteJournal(options);
  onTestFinished(() => journal.close());
  await loadAll(journal);
  return journal;
}

/** One transaction a batch, the time of each a second after the one before. */
function second(zxid: number, dataBytes = 10): Transaction {
  const stamp = { zxid, timeMs: 1_000_000 + zxid * 1_000 };
  const draft = created(`/n${zxid}`, { data: Buffer.alloc(dataBytes), parentCreates: zxid });
  return { ...stamp, changes: [draft(stamp)] };
}

const unbounded = { transactionsMax: 1e9, bytesMax: 1e12, ageMaxMs: 1e12 };

/** The oldest zxid after which the history is there, as one who asks from the beginning is told. */
async function oldestOf(journal: Journal): Promise<number> {
  const failure = await journal.history(0, 1e9).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) return 0;
  expect(failure).toBeInstanceOf(Compacted);
  return (failure as Compacted).oldestZxid;
}

/** Commits, and opens anew: what was committed by the same process is in its memory too, whatever is pruned. */
async function committedThenReopened(
  retention: typeof unbounded,
  batches: readonly (readonly Transaction[])[],
): Promise<Journal> {
  const dataDir = tempDir();
  const journal = await open({ dataDir, retention });
  for (const batch of batches) await journal.commit(batch);
  await journal.close();
  return open({ dataDir, retention });
}

describe("retention", () => {
  const batches = Array.from({ length: 20 }, (_, i) => [second(i + 1)]);

  test("keeps everything by default", async () => {
    expect(await oldestOf(await committedThenReopened(unbounded, batches))).toBe(0);
  });

  test.each([["transactions", { ...unbounded, transactionsMax: 5 }, 15]])(
    "is bounded by %s",
    async (_title, retention, oldest) => {
      const journal = await committedThenReopened(retention, batches);
      expect(await oldestOf(journal)).toBe(oldest);
      const kept = await allHistory(journal, oldest, 20);
      expect(kept.map(({ zxid }) => zxid)).toEqual(
        Array.from({ length: 20 - oldest }, (_, i) => oldest + 1 + i),
      );
      await expect(journal.history(oldest - 1, 20)).rejects.toBeInstanceOf(Compacted);
    },
  );

  test("is bounded by age, as the last look after the disk had it, in the commits after it too", async () => {
    const retention = { ...unbounded, ageMaxMs: 7_000 };
    const journal = await openSqliteJournal({ dataDir: tempDir(), retention });
    onTestFinished(() => journal.close());
    for (const batch of batches.slice(0, 8)) await journal.commit(batch);
    expect(journal.oldestZxid).toBe(0);
    await journal.care({ wallMs: batches[19]![0]!.timeMs, jumps: [] });
    for (const batch of batches.slice(8)) await journal.commit(batch);
    expect(journal.oldestZxid).toBe(12);
  });

  test("is bounded by bytes", async () => {
    const large = Array.from({ length: 20 }, (_, i) => [second(i + 1, 10_000)]);
    const journal = await committedThenReopened({ ...unbounded, bytesMax: 55_000 }, large);
    expect(await oldestOf(journal)).toBe(15);
  });

  test.each([
    ["transactions", { ...unbounded, transactionsMax: 1 }],
    ["bytes", { ...unbounded, bytesMax: 1 }],
  ])("leaves the newest batch alone, however small the bound of %s is", async (_title, retention) => {
    const pair = [second(3), second(4)];
    const journal = await committedThenReopened(retention, [[second(1)], [second(2)], pair]);
    expect(await oldestOf(journal)).toBe(2);
    expect(plain(await allHistory(journal, 2, 4))).toEqual(plain(pair));
  });

  test("goes by whole batches", async () => {
    const pairs = [1, 3, 5, 7].map((zxid) => [second(zxid), second(zxid + 1)]);
    const journal = await committedThenReopened({ ...unbounded, transactionsMax: 3 }, pairs);
    expect(await oldestOf(journal)).toBe(6);
  });

  test("that becomes smaller is reached over several commits: none of them waits for all of it", async () => {
    const dataDir = tempDir();
    const before = await open({ dataDir });
    for (const batch of batches) await before.commit(batch);
    await before.close();
    const retention = { ...unbounded, transactionsMax: 2 };
    for (const [zxid, oldest] of [
      [21, prunedBatchesMax],
      [22, 2 * prunedBatchesMax],
    ] as const) {
      const journal = await open({ dataDir, retention });
      await journal.commit([second(zxid)]);
      await journal.close();
      const reader = await open({ dataDir, retention });
      expect(await oldestOf(reader)).toBe(oldest);
      await reader.close();
    }
  });

  test("forgets nothing that a running server has just committed", async () => {
    const journal = await open({ dataDir: tempDir(), retention: { ...unbounded, transactionsMax: 1 } });
    for (const batch of batches) await journal.commit(batch);
    expect(plain(await allHistory(journal, 0, 20))).toEqual(plain(batches.flat()));
  });
});

test("a full disk leaves the history as the last commit left it", async () => {
  const dataDir = tempDir();
  const options = { dataDir, pageCountMax: 60, retention: { ...unbounded, transactionsMax: 2 } };
  const journal = await open(options);
  const committed = [
    at(1, created("/a", { data: "x".repeat(20_000), parentCreates: 1 })),
    at(2, dataSet("/a", "small", 1)),
  ];
  for (const transaction of committed) await journal.commit([transaction]);
  const tooMuch = [at(3, created("/b", { data: "x".repeat(200_000), parentCreates: 2 }))];
  for (let i = 0; i < 3; i++) await expect(journal.commit(tooMuch)).rejects.toBeInstanceOf(JournalFull);
  expect(plain(await allHistory(journal, 0, 2))).toEqual(plain(committed));
  const last = at(3, deleted("/a"));
  await journal.commit([last]);
  await journal.close();
  const again = await open(options);
  // The totals went back with the failed commits: only one batch was due.
  expect(await oldestOf(again)).toBe(1);
  expect(plain(await allHistory(again, 1, 3))).toEqual(plain([committed[1]!, last]));
});

test("a database from before there was a history says that it begins where it was migrated", async () => {
  const dataDir = tempDir();
  const { connection, markFile, lock } = openDatabase(
    { dataDir, migrations: migrations.slice(0, 1) },
    silentLog,
  );
  connection.exec("UPDATE meta SET last_zxid = 41");
  connection.close();
  markFile.close();
  lock.release();

  const journal = await open({ dataDir });
  expect(await oldestOf(journal)).toBe(41);
  expect(await journal.history(41, 41)).toEqual({ transactions: [], through: 41 });
  const next = second(42);
  await journal.commit([next]);
  await journal.close();
  const again = await open({ dataDir });
  await expect(again.history(40, 42)).rejects.toMatchObject({ oldestZxid: 41 });
  expect(plain(await allHistory(again, 41, 42))).toEqual(plain([next]));
});
