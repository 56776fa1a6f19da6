import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { anonymous, type Operation } from "../../src/core/operation.ts";
import { dataFiles } from "../../src/journal/sqlite/files.ts";
import { silentLog } from "../../src/journal/sqlite/log.ts";
import { Store } from "../../src/journal/sqlite/store.ts";
import { type Figures, startEngine } from "./engine.ts";

const writes = 2_000;
/** Writes under way at the same time: they share commits. */
const together = 100;

const data = Buffer.alloc(100, "x");
const pathOf = (i: number) => `/budget/node-${String(i).padStart(8, "0")}`;

/** What writes cost the worker: SQL statements, and bytes that have to reach the disk. */
export async function storage(): Promise<Figures> {
  const dataDir = mkdtempSync(join(tmpdir(), "corral-budget-"));
  const statements = countStatements();
  const store = new Store({ dataDir }, silentLog);
  let packedBytes = 0;
  const engine = await startEngine((packed) => {
    packedBytes += packed.length;
    const { kind } = store.commit(packed);
    if (kind !== "committed") throw new Error(`the commit was ${kind}`);
  });
  const { wal } = dataFiles(dataDir);
  const figuresOf = async (what: string, operationOf: (i: number) => Operation): Promise<Figures> => {
    const before = { wal: statSync(wal).size, statements: statements.count, packedBytes };
    for (let at = 0; at < writes; at += together)
      await Promise.all(
        Array.from({ length: together }, (_, i) => engine.submit(operationOf(at + i), anonymous)),
      );
    return {
      [`SQL statements of ${what}`]: (statements.count - before.statements) / writes,
      [`bytes of the WAL for ${what}`]: (statSync(wal).size - before.wal) / writes,
      [`bytes for the worker and the history of ${what}`]: (packedBytes - before.packedBytes) / writes,
    };
  };
  await engine.submit({ op: "create", path: "/budget", data, mode: "persistent" }, anonymous);
  const figures = {
    ...(await figuresOf("a Create", (i) => ({ op: "create", path: pathOf(i), data, mode: "persistent" }))),
    ...(await figuresOf("a Set", (i) => ({ op: "set", path: pathOf(i), data, version: -1 }))),
  };
  await engine.stop();
  store.close();
  statements.stop();
  rmSync(dataDir, { recursive: true });
  return figures;
}

/** Counts what all connections of this process execute. */
function countStatements(): { count: number; stop(): void } {
  const some = new Database(":memory:");
  const prototype = Object.getPrototypeOf(some.prepare("SELECT 1")) as Database.Statement;
  some.close();
  const { run } = prototype;
  const counter = {
    count: 0,
    stop() {
      prototype.run = run;
    },
  };
  prototype.run = function (...values) {
    counter.count++;
    return run.apply(this, values);
  };
  return counter;
}
