import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Acl, aclOf, openAcl, permissions } from "../../src/core/acl.ts";
import type { Change, Stamp, Transaction } from "../../src/core/change.ts";
import { createdNode, forever, type NodeRecord } from "../../src/core/node.ts";
import type { RememberedRequest } from "../../src/core/request.ts";
import type { SessionRecord } from "../../src/core/session.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { type JournalLog, silentLog } from "../../src/journal/sqlite/log.ts";

export interface LoadedState {
  readonly lastZxid: number;
  readonly nodes: Map<string, { record: NodeRecord; data: string }>;
  readonly sessions: SessionRecord[];
  readonly requests: RememberedRequest[];
}

/** Everything a journal loads, in its order. Data as latin1, to compare and print. */
export async function loadAll(journal: Journal): Promise<LoadedState> {
  const nodes: LoadedState["nodes"] = new Map();
  const sessions: SessionRecord[] = [];
  const requests: RememberedRequest[] = [];
  const { lastZxid } = await journal.load({
    node: (path, record, data) =>
      void nodes.set(path, { record, data: Buffer.from(data).toString("latin1") }),
    session: (session) => void sessions.push(session),
    request: (request) => void requests.push(request),
  });
  return { lastZxid, nodes, sessions, requests };
}

/** A change that still lacks its zxid and time. */
export type Draft = (stamp: Stamp) => Change;

/** One transaction; its time is told by its zxid. */
export function at(zxid: number, ...drafts: (Draft | Change)[]): Transaction {
  const stamp = { zxid, timeMs: 1_000_000 + zxid };
  return { ...stamp, changes: drafts.map((draft) => (typeof draft === "function" ? draft(stamp) : draft)) };
}

/** The journal takes the records as they come: of a parent, it stores what children can change. */
export function created(
  path: string,
  options: {
    data?: string | Uint8Array;
    owner?: number;
    lifetimeMs?: number;
    acl?: Acl;
    parentCreates?: number;
  } = {},
): Draft {
  const { owner = 0, lifetimeMs = forever, acl = openAcl, parentCreates = 1 } = options;
  const data = Buffer.from(options.data ?? "");
  return (stamp) => ({
    kind: "nodeCreated",
    path,
    data,
    node: createdNode(stamp, { ephemeralOwner: owner, lifetimeMs, acl }, data.length),
    parent: { ...someNode, pzxid: stamp.zxid, creates: parentCreates },
  });
}

/** @param options.previous the data from before; null if the change does not say them. */
export function dataSet(
  path: string,
  text: string | Uint8Array,
  version: number,
  { owner = 0, previous = "before" as string | null } = {},
): Draft {
  const data = Buffer.from(text);
  return ({ zxid, timeMs }) => ({
    kind: "nodeDataSet",
    path,
    data,
    node: {
      ...someNode,
      mzxid: zxid,
      mtimeMs: timeMs,
      version,
      ephemeralOwner: owner,
      dataLength: data.length,
    },
    previousData: previous === null ? undefined : Buffer.from(previous),
  });
}

export function aclSet(path: string, acl: Acl, aversion: number): Draft {
  return () => ({ kind: "nodeAclSet", path, node: { ...someNode, acl, aversion } });
}

/** A list with one entry. */
export function aclFor(id: string): Acl {
  return aclOf([{ scheme: "jwt", id, permissions: permissions.read }]);
}

export function deleted(
  path: string,
  { parentCreates = 1, previous = "before" as string | null } = {},
): Draft {
  return ({ zxid }) => ({
    kind: "nodeDeleted",
    path,
    node: someNode,
    previousData: previous === null ? undefined : Buffer.from(previous),
    parent: { ...someNode, pzxid: zxid, creates: parentCreates },
  });
}

const someNode: NodeRecord = {
  ...createdNode({ zxid: 1, timeMs: 1_000_001 }, {}, 6),
  aversion: 3,
  numChildren: 2,
};

/** Data come back as views of another class; only their bytes matter. */
export function plain(transactions: readonly Transaction[]): unknown {
  return transactions.map((transaction) => ({
    ...transaction,
    changes: transaction.changes.map((c) => ({
      ...c,
      ...("data" in c && { data: [...c.data] }),
      ...("previousData" in c && c.previousData && { previousData: [...c.previousData] }),
    })),
  }));
}

/** Reads the history page by page, as its contract says. */
export async function allHistory(journal: Journal, after: number, through: number): Promise<Transaction[]> {
  const all: Transaction[] = [];
  for (let from = after; from < through; ) {
    const page = await journal.history(from, through);
    if (page.through <= from) throw new Error(`a page after ${from} ends at ${page.through}`);
    all.push(...page.transactions);
    from = page.through;
  }
  return all;
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
