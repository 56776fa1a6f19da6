import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { Checkpointer } from "../../src/journal/sqlite/checkpointer.ts";
import { silentLog } from "../../src/journal/sqlite/log.ts";

test("a full disk is told of once, however often it is tried, and again when it was not full in between", () => {
  let full = true;
  const pragma = (text: string) => {
    if (text === "page_size") return 4_096;
    if (full) throw new Database.SqliteError("database or disk is full", "SQLITE_FULL");
    return [{ busy: 0, log: 0, checkpointed: 0 }];
  };
  const connection = { pragma, prepare: () => ({}) } as unknown as Database.Database;
  const told: string[] = [];
  const log = { info: () => {}, warn: (_facts: unknown, text: string) => void told.push(text) };
  const checkpointer = new Checkpointer(connection, log, () => true);
  for (let second = 0; second < 5; second++) expect(checkpointer.foldAll()).toBe(false);
  expect(told).toEqual(["checkpoint: the disk is full; the log keeps growing"]);
  full = false;
  expect(checkpointer.foldAll()).toBe(true);
  full = true;
  expect(checkpointer.foldAll()).toBe(false);
  expect(told).toHaveLength(2);
});

test("a write that failed is a full disk when nothing else can be written either, and a disk that fails when it can", () => {
  for (const hasRoom of [false, true]) {
    const pragma = (text: string) => {
      if (text === "page_size") return 4_096;
      throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_WRITE");
    };
    const connection = { pragma, prepare: () => ({}) } as unknown as Database.Database;
    const checkpointer = new Checkpointer(connection, silentLog, () => hasRoom);
    if (hasRoom) expect(() => checkpointer.foldAll()).toThrow("disk I/O error");
    else expect(checkpointer.foldAll()).toBe(false);
  }
});
