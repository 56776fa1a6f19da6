// A data directory made of a backup: the same state, or the state without sessions, and never half of one.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brokenInvariants } from "../../src/core/invariants.ts";
import { dataDirectory, type RestoreOptions } from "../../src/data-directory.ts";
import { Compacted } from "../../src/journal/journal.ts";
import { readMark } from "../../src/journal/sqlite/mark.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { restoreBatchRows } from "../../src/limits.ts";
import { backupOf, wholeOf } from "../support/backup.ts";
import { CoreState } from "../support/core-state.ts";
import { loadTree } from "../support/load-tree.ts";
import { startRestorer } from "./children.ts";
import { aclFor, tempDir } from "./state.ts";

const raiseZxid = 1_000;

function restore(backup: Uint8Array, dataDir: string, options: Partial<RestoreOptions> = {}) {
  const given = { dataDir, keepSessions: false, raiseZxid, progress: () => {}, ...options };
  return dataDirectory.restore(
    (async function* () {
      yield backup;
    })(),
    given,
  );
}

/** Sessions with ephemeral nodes side by side, alone, and under a container. */
function someState(): CoreState {
  const state = new CoreState();
  const [ada, bob] = [state.session(), state.session()];
  state.create("/a", "data", { request: { key: "k".repeat(20), fingerprint: "f" } });
  state.create("/a/large", "x".repeat(10_000));
  state.do({ op: "setAcl", path: "/a/large", acl: aclFor("ada").entries, aversion: -1 });
  for (const name of ["x", "y", "z"]) state.createMode(`/a/e-${name}`, "ephemeral", ada);
  state.createMode("/a/e-bob", "ephemeral", bob);
  state.createMode("/box", "container");
  state.createMode("/box/e", "ephemeral", bob);
  state.create("/zookeeper/quota/a");
  state.create("/zookeeper/quota/a/zookeeper_limits", "count=100");
  state.set("/a", "other data");
  return state;
}

test("with its sessions, it is what the backup shows, at a raised zxid, with no past", async () => {
  const { tree } = someState();
  const dataDir = join(tempDir(), "not", "there");
  const restored = await restore(backupOf(tree), dataDir, { keepSessions: true });
  expect(restored).toMatchObject({
    zxid: tree.zxid + raiseZxid,
    nodes: tree.nodeCount,
    sessions: 2,
    droppedSessions: 0,
    droppedEphemerals: 0,
  });
  expect(wholeOf(await loadTree(dataDir))).toEqual({ ...wholeOf(tree), zxid: tree.zxid + raiseZxid });
  const journal = await openSqliteJournal({ dataDir });
  await expect(journal.history(tree.zxid, restored.zxid)).rejects.toThrow(new Compacted(restored.zxid));
  expect(await journal.history(restored.zxid, restored.zxid)).toEqual({
    transactions: [],
    through: restored.zxid,
  });
  await journal.close();
});

test("without them, it is what the end of all sessions at the new zxid would have left", async () => {
  const source = someState();
  const dataDir = tempDir();
  const restored = await restore(backupOf(source.tree), dataDir);
  expect(restored).toMatchObject({ sessions: 0, droppedSessions: 2, droppedEphemerals: 5 });
  const zxid = source.tree.zxid + raiseZxid;
  for (const { id } of [...source.tree.sessions()]) {
    source.tree.zxid = zxid - 1;
    source.close({ sessionId: id });
  }
  const tree = await loadTree(dataDir);
  expect(wholeOf(tree)).toEqual(wholeOf(source.tree));
  expect(tree.node("/a")).toMatchObject({ numChildren: 1, creates: 5, pzxid: zxid });
  expect(brokenInvariants(tree)).toEqual([]);
});

test("it is for its owner alone, says where it is in its mark, and is sound", async () => {
  const { tree } = someState();
  const dataDir = join(tempDir(), "d");
  const { databaseId, zxid } = await restore(backupOf(tree), dataDir);
  expect(readdirSync(dataDir).sort()).toEqual(["LOCK", "corral.db", "last-zxid"]);
  expect([dataDir, join(dataDir, "corral.db")].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o600,
  ]);
  expect(readMark(join(dataDir, "last-zxid"))).toEqual({ databaseId, zxid, clean: true });
  expect(dataDirectory.check(dataDir)).toMatchObject({ problems: [], zxid, sessions: 0 });
});

test("two restores of one backup are two databases", async () => {
  const backup = backupOf(someState().tree);
  const ids = [await restore(backup, tempDir()), await restore(backup, tempDir())].map((it) => it.databaseId);
  expect(new Set(ids).size).toBe(2);
});

test("many rows are written in parts, it tells how far it is, and can be interrupted there", async () => {
  const state = new CoreState();
  for (let i = 0; i < restoreBatchRows; i++) state.create(`/n-${i}`);
  const backup = backupOf(state.tree);
  const told: number[][] = [];
  const dataDir = tempDir();
  await restore(backup, dataDir, { progress: (...numbers) => told.push(numbers) });
  expect(told).toEqual([[restoreBatchRows, restoreBatchRows + 4]]);
  expect((await loadTree(dataDir)).nodeCount).toBe(restoreBatchRows + 4);
  const interrupted = tempDir();
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(restore(backup, interrupted, { signal })).rejects.toThrow("enough");
  expect(readdirSync(interrupted)).toEqual([]);
});

test("a directory with anything in it is refused and left alone", async () => {
  const backup = backupOf(someState().tree);
  const dataDir = tempDir();
  writeFileSync(join(dataDir, "notes"), "mine");
  await expect(restore(backup, dataDir)).rejects.toThrow(`${dataDir} is not empty, there is notes in it`);
  expect(readdirSync(dataDir)).toEqual(["notes"]);
  const file = join(dataDir, "notes");
  await expect(restore(backup, file)).rejects.toThrow(`${file} is not a directory`);
  expect(readFileSync(file, "utf8")).toBe("mine");
});

test("the root of a volume is empty, although it has a lost+found", async () => {
  const dataDir = tempDir();
  mkdirSync(join(dataDir, "lost+found"));
  await restore(backupOf(someState().tree), dataDir);
  expect(readdirSync(dataDir)).toEqual(["LOCK", "corral.db", "last-zxid", "lost+found"]);
});

test("a directory that a server uses is refused and left alone", async () => {
  const dataDir = tempDir();
  const journal = await openSqliteJournal({ dataDir });
  await expect(restore(backupOf(someState().tree), dataDir)).rejects.toThrow(`a server uses ${dataDir}`);
  await journal.close();
  expect((await loadTree(dataDir)).zxid).toBe(0);
});

test("of two restores into one directory, one is refused, and the other is not disturbed", async () => {
  const dataDir = join(tempDir(), "d");
  const backup = backupOf(someState().tree);
  const both = await Promise.allSettled([restore(backup, dataDir), restore(backup, dataDir)]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(dataDirectory.check(dataDir).problems).toEqual([]);
});

test.each([
  ["cut short", (backup: Buffer) => backup.subarray(0, -1), /cut short/],
  ["damaged", (backup: Buffer) => backup.fill(0, backup.length - 1), /is damaged/],
  ["no backup", () => Buffer.from("something else"), /not a backup/],
])("a backup that is %s leaves the directory as it was", async (_what, harm, reason) => {
  const there = tempDir();
  const missing = join(there, "missing");
  const backup = harm(backupOf(someState().tree));
  await expect(restore(backup, missing)).rejects.toThrow(reason);
  await expect(restore(backup, there)).rejects.toThrow(reason);
  expect(readdirSync(there)).toEqual([]);
});

test("a zxid cannot be raised beyond what there is", async () => {
  const dataDir = tempDir();
  const failing = restore(backupOf(someState().tree), dataDir, { raiseZxid: Number.MAX_SAFE_INTEGER });
  await expect(failing).rejects.toThrow(/cannot be raised by/);
  expect(readdirSync(dataDir)).toEqual([]);
});

test("no server starts from what a restore that was killed has left, and no restore goes on there", async () => {
  const dataDir = join(tempDir(), "d");
  const backup = backupOf(someState().tree);
  // It has begun, and waits for more of the backup.
  const file = join(tempDir(), "file");
  writeFileSync(file, backup.subarray(0, backup.length - 10));
  const restorer = await startRestorer(file, dataDir);
  await expect(restore(backup, dataDir)).rejects.toThrow(`a server uses ${dataDir}`);
  restorer.process.kill("SIGKILL");
  await restorer.ended;
  expect(readdirSync(dataDir)).toContain("corral.db.new");
  await expect(openSqliteJournal({ dataDir })).rejects.toThrow(
    /corral\.db is missing; zxid \d+ was acknowledged/,
  );
  await expect(restore(backup, dataDir)).rejects.toThrow(
    /what a restore that was killed has left: remove it/,
  );
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir);
  await restore(backup, dataDir);
});
