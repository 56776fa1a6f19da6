import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { Checkpointer } from "../../src/journal/sqlite/checkpointer.ts";

test("a full disk is told of once, however often it is tried, and again when it was not full in between", () => {
  let full = true;
  const pragma = (text: string) => {
    if (text === "page_size") return 4_096;
    if (full) throw new Database.SqliteError("database or disk is full", "SQLITE_FULL");
    return [{ busy: 0, log: 0, checkpointed: 0 }];
  };
  const connection = { pragma, prepare: () => ({}) } as unknown as Database.Database;
  const told: string[] = [];
  const checkpointer = new Checkpointer(connection, {
    info: () => {},
    warn: (_facts, text) => told.push(text),
  });
  for (let second = 0; second < 5; second++) expect(checkpointer.foldAll()).toBe(false);
  expect(told).toEqual(["checkpoint: the disk is full; the log keeps growing"]);
  full = false;
  expect(checkpointer.foldAll()).toBe(true);
  full = true;
  expect(checkpointer.foldAll()).toBe(false);
  expect(told).toHaveLength(2);
});
