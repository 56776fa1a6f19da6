import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Compacted, JournalFull } from "../../src/journal/journal.ts";
import { openSqliteJournal, type SqliteJournalOptions } from "../../src/journal/sqlite/sqlite-journal.ts";
import {
  clockSeenIntervalMs,
  diskReserveBytes,
  diskReserveForStartBytes,
  keptFreePagesMin,
  vacuumedPagesMax,
} from "../../src/limits.ts";
import { at, created, deleted, loadAll, tempDir } from "./state.ts";

const nowMs = 1_700_000_000_000;
const now = { wallMs: nowMs, jumps: [] };
const pageBytes = 4_096;

async function open(options: SqliteJournalOptions) {
  const journal = await openSqliteJournal(options);
  onTestFinished(() => journal.close());
  return journal;
}

/** Looks after the disk until nothing is left to do; answers how often. */
async function careFor(journal: Awaited<ReturnType<typeof open>>): Promise<number> {
  for (let times = 1; ; times++) if (!(await journal.care(now)).more) return times;
}

test("the reserve is made, kept, and let go when a commit does not fit; it comes back when there is room", async () => {
  const dataDir = tempDir();
  const reserve = join(dataDir, "reserve");
  const journal = await open({ dataDir, pageCountMax: 40 });
  expect(existsSync(reserve)).toBe(false);
  expect(await journal.care(now)).toMatchObject({ isFull: false, more: false });
  expect(statSync(reserve).size).toBe(diskReserveBytes);
  const tooMuch = [at(1, created("/a", { data: "x".repeat(200_000), parentCreates: 1 }))];
  await expect(journal.commit(tooMuch)).rejects.toBeInstanceOf(JournalFull);
  expect(statSync(reserve).size).toBe(diskReserveForStartBytes);
  // The disk itself has room: it is only this database that may not grow.
  expect(await journal.care(now)).toMatchObject({ isFull: false });
  expect(statSync(reserve).size).toBe(diskReserveBytes);
});

test("what became too old is pruned although nothing is written", async () => {
  const dataDir = tempDir();
  const retention = { transactionsMax: 1_000, bytesMax: 1e9, ageMaxMs: 60_000 };
  const journal = await open({ dataDir, retention });
  for (let zxid = 1; zxid <= 10; zxid++) {
    const transaction = at(zxid, created(`/n${zxid}`, { parentCreates: zxid }));
    await journal.commit([{ ...transaction, timeMs: nowMs - 60_000 + (zxid <= 9 ? -1 : 0) }]);
  }
  expect(await careFor(journal)).toBeGreaterThan(1);
  expect(journal.oldestZxid).toBe(9);
  await journal.close();
  const again = await open({ dataDir, retention });
  await expect(again.history(8, 10)).rejects.toBeInstanceOf(Compacted);
  expect((await again.history(9, 10)).transactions).toHaveLength(1);
});

test("a jump of the wall clock makes nothing of the past too old, nor does a restart after it", async () => {
  const dataDir = tempDir();
  const retention = { transactionsMax: 1_000, bytesMax: 1e9, ageMaxMs: 60_000 };
  const journal = await open({ dataDir, retention });
  const weekMs = 7 * 86_400_000;
  const commit = (zxid: number, timeMs: number) =>
    journal.commit([{ ...at(zxid, created(`/n${zxid}`, { parentCreates: zxid })), timeMs }]);
  await commit(1, nowMs);
  await commit(2, nowMs + weekMs);
  const jumps = [{ zxid: 1, ms: weekMs }];
  const later = { wallMs: nowMs + weekMs + 60_000, jumps };
  expect(await journal.care(later)).toMatchObject({ more: false });
  await commit(3, nowMs + weekMs + 60_000);
  expect(journal.oldestZxid).toBe(0);
  await journal.close(later);
  const again = await open({ dataDir, retention });
  const { seen } = await again.load({ node() {}, session() {}, request() {} });
  expect(seen).toEqual(later);
  await again.care({ wallMs: later.wallMs + 1, jumps });
  expect(again.oldestZxid).toBe(2);
});

test("it is known when the database was in use last: at its stop, its last write, or a few minutes before its end", async () => {
  const dataDir = tempDir();
  const seenIn = async () => {
    const journal = await open({ dataDir });
    const { seen } = await journal.load({ node() {}, session() {}, request() {} });
    return { seen, journal };
  };
  const { seen: atFirst, journal } = await seenIn();
  expect(atFirst).toBeUndefined();
  await journal.care(now);
  await journal.care({ ...now, wallMs: nowMs + clockSeenIntervalMs - 1 });
  await journal.close();
  const idle = await seenIn();
  expect(idle.seen).toEqual(now);
  await idle.journal.care({ ...now, wallMs: nowMs + clockSeenIntervalMs });
  await idle.journal.close();
  const later = await seenIn();
  expect(later.seen).toEqual({ ...now, wallMs: nowMs + clockSeenIntervalMs });
  await later.journal.commit([{ ...at(1, created("/n", { parentCreates: 1 })), timeMs: 5 }]);
  await later.journal.close();
  const written = await seenIn();
  expect(written.seen).toEqual({ ...now, wallMs: 5 });
  await written.journal.close({ wallMs: 7, jumps: [{ zxid: 1, ms: -3 }] });
  expect((await seenIn()).seen).toEqual({ wallMs: 7, jumps: [{ zxid: 1, ms: -3 }] });
});

test("the space of what was deleted is given back, a little at a time, and the rest is as it was", async () => {
  const dataDir = tempDir();
  // Without a past, which would hold on to what is deleted.
  const retention = { transactionsMax: 1, bytesMax: 1, ageMaxMs: 1 };
  const journal = await open({ dataDir, retention });
  const data = "x".repeat(100_000);
  const count = 120;
  const peakBytes = count * data.length;
  for (let i = 1; i <= count; i++)
    await journal.commit([at(i, created(`/n${i}`, { data, parentCreates: i }))]);
  for (let i = 1; i < count; i++)
    await journal.commit([at(count + i, deleted(`/n${i}`, { parentCreates: count, previous: data }))]);
  expect(await careFor(journal)).toBeGreaterThan(peakBytes / pageBytes / 2 / vacuumedPagesMax);
  await journal.close();
  const { size } = statSync(join(dataDir, "corral.db"));
  expect(size).toBeLessThan(keptFreePagesMin * pageBytes + data.length);
  const { nodes } = await loadAll(await open({ dataDir }));
  expect([...nodes.keys()].filter((path) => path.startsWith("/n"))).toEqual([`/n${count}`]);
});
