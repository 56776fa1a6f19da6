import { quotaOfStats } from "../core/quota.ts";
import type { Refusal } from "../core/refusal.ts";
import type { SnapshotNode } from "../core/snapshot.ts";
import type { Tree } from "../core/tree.ts";
import type { BackupHead } from "../journal/backup/format.ts";
import { BackupWriter } from "../journal/backup/writer.ts";
import { backupPageRows } from "../limits.ts";
import type { Scans } from "./scans.ts";

/** A backup that is being made. */
export interface Backup {
  /** What all of it shows. */
  readonly zxid: number;
  readonly nodesTotal: number;
  /** Nodes in the bytes so far. */
  readonly nodes: number;
  /** The next bytes, perhaps none; undefined after the last. Everybody else should have a turn in between. */
  next(): readonly Uint8Array[] | undefined;
  /** Whoever reads it has enough. */
  close(): void;
}

export interface BackupSource {
  readonly tree: Tree;
  readonly scans: Scans;
  readonly head: Pick<BackupHead, "databaseId" | "serverVersion" | "timeMs">;
  /** Told when the reader is too slow. */
  readonly cut: (refusal: Refusal) => void;
}

/** Nobody asks what a backup may read: who may have one may read everything. */
const everything = [{ scheme: "super", id: "" }];

/** Everything as of now, read while writes go on. @throws Refused OVERLOADED */
export function openBackup({ tree, scans, head, cut }: BackupSource): Backup {
  let over = false;
  const scan = scans.open("/", { withData: true, identities: everything, purpose: "backup" }, (refusal) => {
    over = true;
    cut(refusal);
  });
  // These are records that never change, and few enough to be listed in one go.
  const sessions = [...tree.sessions()].sort((a, b) => a.id - b.id);
  const requests = [...tree.requests()];
  const { zxid, nodeCount: nodesTotal } = tree;
  const counts = { nodes: nodesTotal, sessions: sessions.length, requests: requests.length };
  const writer = new BackupWriter({ ...head, ...counts, zxid });

  function* steps(): Generator<void, void> {
    for (const some of pagesOf(sessions)) yield some.forEach((session) => void writer.session(session));
    for (let nodes = scan.next(); nodes !== undefined; nodes = scan.next()) {
      for (const node of nodes) writeNode(writer, node);
      yield;
    }
    for (const some of pagesOf(requests)) yield some.forEach((request) => void writer.request(request));
    yield writer.end();
  }

  const running = steps();
  return {
    zxid,
    nodesTotal,
    get nodes() {
      return writer.nodes;
    },
    next: () => (over || running.next().done ? undefined : writer.take()),
    close: () => {
      over = true;
      scan.close();
    },
  };
}

function writeNode(writer: BackupWriter, { path, record, data }: SnapshotNode): void {
  // What a quota's node shows is counted, and stored nowhere.
  if (quotaOfStats(path) === undefined) writer.node(path, record, data);
  else writer.node(path, { ...record, dataLength: 0 }, noData);
}

function* pagesOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += backupPageRows) yield rows.slice(at, at + backupPageRows);
}

const noData = new Uint8Array();
