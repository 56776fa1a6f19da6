import { randomBytes } from "node:crypto";
import type { Transaction } from "../../src/core/change.ts";
import { createdNode } from "../../src/core/node.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { createLogger } from "../../src/ops/logger.ts";
import { ServerProcess } from "./server-process.ts";

const batchSize = 500;

/** What nodes of 100 bytes cost in memory, and how long a server takes to start with them. */
export async function memory(dataDir: string): Promise<object[]> {
  const rows: object[] = [];
  let emptyBytes = 0;
  let filled = 0;
  for (const nodes of [0, 100_000, 1_000_000]) {
    await fill(dataDir, filled, nodes);
    filled = nodes;
    const server = await ServerProcess.start(dataDir);
    const { rssBytes } = await server.counts();
    await server.stop();
    if (nodes === 0) emptyBytes = rssBytes;
    rows.push({
      nodes,
      "start s": Math.round(server.started.startSeconds * 100) / 100,
      "process memory MB": Math.round(rssBytes / 1e6),
      "MB per 100,000 nodes": nodes === 0 ? "-" : Math.round((rssBytes - emptyBytes) / nodes / 10),
    });
  }
  return rows;
}

/** Writes nodes straight into a journal, in the shape of a registry: a thousand services, each with its instances. */
async function fill(dataDir: string, from: number, to: number): Promise<void> {
  if (to === from) return;
  const journal = await openSqliteJournal({ dataDir, log: createLogger({ level: "warn" }) });
  let { lastZxid: zxid } = await journal.load({ node: () => {}, session: () => {}, request: () => {} });
  const service = (i: number) => `/service-${String(i % 1_000).padStart(4, "0")}`;
  const transaction = (path: string, creates: number): Transaction => {
    const stamp = { zxid: ++zxid, timeMs: 1_700_000_000_000 };
    const node = createdNode(stamp, {}, 100);
    // Of a parent, the journal stores these two.
    const parent = { ...node, pzxid: zxid, creates };
    return { ...stamp, changes: [{ kind: "nodeCreated", path, data: randomBytes(100), node, parent }] };
  };
  for (let start = from; start < to; start += batchSize) {
    const batch = Array.from({ length: batchSize }, (_, offset) => {
      const i = start + offset;
      if (i < 1_000) return transaction(service(i), i + 1);
      const nth = Math.floor(i / 1_000);
      return transaction(`${service(i)}/instance-${String(nth).padStart(10, "0")}`, nth);
    });
    await journal.commit(batch);
  }
  await journal.close();
}
