import { Tree } from "../../src/core/tree.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";

/** What a stopped server left in its data directory. */
export async function loadTree(dataDir: string): Promise<Tree> {
  const journal = await openSqliteJournal({ dataDir });
  const tree = new Tree();
  const { lastZxid } = await journal.load({
    node: (path, record, data) => tree.loadNode(path, record, data),
    session: (session) => tree.putSession(session),
    request: (request) => tree.putRequest(request),
  });
  tree.zxid = lastZxid;
  await journal.close();
  return tree;
}
