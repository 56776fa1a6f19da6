import { Tree } from "../../src/core/tree.ts";
import { readBackup } from "../../src/journal/backup/reader.ts";
import { BackupWriter } from "../../src/journal/backup/writer.ts";

/** A tree as a backup: what a server would send. */
export function backupOf(tree: Tree): Buffer {
  const sessions = [...tree.sessions()];
  const requests = [...tree.requests()];
  const writer = new BackupWriter({
    zxid: tree.zxid,
    timeMs: 1_700_000_000_000,
    nodes: tree.nodeCount,
    sessions: sessions.length,
    requests: requests.length,
    databaseId: "00112233445566ff",
    serverVersion: "1.2.3",
  });
  for (const session of sessions) writer.session(session);
  for (const path of [...tree.paths()].sort()) writer.node(path, tree.node(path)!, tree.data(path)!);
  for (const request of requests) writer.request(request);
  writer.end();
  return Buffer.concat(writer.take());
}

/** What a backup holds, as a tree. */
export async function treeOf(backup: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Tree> {
  const tree = new Tree();
  const { zxid } = await readBackup(backup, {
    head: () => {},
    node: (path, record, data) => tree.loadNode(path, record, data),
    session: (session) => tree.putSession(session),
    request: (request) => tree.putRequest(request),
  });
  tree.zxid = zxid;
  return tree;
}

/** All that a tree holds, to be compared. */
export function wholeOf(tree: Tree) {
  return {
    zxid: tree.zxid,
    nodes: [...tree.paths()].sort().map((path) => {
      const { acl, ...record } = tree.node(path)!;
      return { path, ...record, acl: acl.text, data: Buffer.from(tree.data(path)!).toString("latin1") };
    }),
    sessions: [...tree.sessions()].sort((a, b) => a.id - b.id),
    requests: [...tree.requests()].map(({ zxid, timeMs, key, fingerprint, answer, holder }) => {
      return { zxid, timeMs, key, fingerprint, answer, holder };
    }),
  };
}
