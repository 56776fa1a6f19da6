import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Change, Transaction } from "../../src/core/change.ts";
import type { NodeRecord } from "../../src/core/node.ts";
import type { SessionRecord } from "../../src/core/session.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { type JournalLog, silentLog } from "../../src/journal/sqlite/log.ts";

export interface LoadedState {
  readonly lastZxid: number;
  readonly nodes: Map<string, { record: NodeRecord; data: string }>;
  readonly sessions: SessionRecord[];
}

/** Everything a journal loads, in its order. Data as latin1, to compare and print. */
export async function loadAll(journal: Journal): Promise<LoadedState> {
  const nodes: LoadedState["nodes"] = new Map();
  const sessions: SessionRecord[] = [];
  const { lastZxid } = await journal.load({
    node: (path, record, data) =>
      void nodes.set(path, { record, data: Buffer.from(data).toString("latin1") }),
    session: (session) => void sessions.push(session),
  });
  return { lastZxid, nodes, sessions };
}

/** One transaction; its time is told by its zxid. */
export function at(zxid: number, ...changes: Change[]): Transaction {
  return { zxid, timeMs: 1_000_000 + zxid, changes };
}

export function created(
  path: string,
  options: { data?: string | Uint8Array; owner?: number; parentCreates?: number } = {},
): Change {
  const { data = "", owner = 0, parentCreates = 1 } = options;
  return { kind: "nodeCreated", path, data: Buffer.from(data), ephemeralOwner: owner, parentCreates };
}

export function dataSet(path: string, data: string | Uint8Array, version: number): Change {
  return { kind: "nodeDataSet", path, data: Buffer.from(data), version };
}

export function deleted(path: string): Change {
  return { kind: "nodeDeleted", path };
}

/** A directory that is gone when the test has finished. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "corral-journal-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A log that keeps its warnings. */
export function warningsOf(): { log: JournalLog; warnings: string[] } {
  const warnings: string[] = [];
  return { log: { ...silentLog, warn: (_fields, message) => void warnings.push(message) }, warnings };
}
