import type Database from "better-sqlite3";
import { unpackTransactions } from "../codec.ts";

const selectMeta =
  "SELECT history_after AS after, history_transactions AS transactions, history_bytes AS bytes FROM meta";
const selectBatches =
  "SELECT last_zxid AS lastZxid, first_zxid AS firstZxid, transactions, packed FROM history ORDER BY last_zxid";

interface Batch {
  readonly firstZxid: number;
  readonly lastZxid: number;
  readonly transactions: number;
  readonly packed: Buffer;
}

/** What is wrong with the history: that it can be read, has no gap up to the last zxid, and is as much as is said. */
export function historyFindings(
  connection: Database.Database,
  lastZxid: number,
): { readonly problems: string[]; readonly transactions: number } {
  const problems: string[] = [];
  const meta = connection
    .prepare<[], { after: number; transactions: number; bytes: number }>(selectMeta)
    .get()!;
  let after = meta.after;
  let transactions = 0;
  let bytes = 0;
  for (const batch of connection.prepare<[], Batch>(selectBatches).iterate()) {
    const name = `the history of zxid ${batch.firstZxid} to ${batch.lastZxid}`;
    if (batch.firstZxid !== after + 1) problems.push(`${name} does not go on after zxid ${after}`);
    const finding = batchFinding(batch);
    if (finding !== undefined) problems.push(`${name} ${finding}`);
    after = batch.lastZxid;
    transactions += batch.transactions;
    bytes += batch.packed.length;
  }
  if (after !== lastZxid)
    problems.push(`the history ends at zxid ${after}, and the database is at ${lastZxid}`);
  if (transactions !== meta.transactions || bytes !== meta.bytes) {
    const said = `${meta.transactions} changes in ${meta.bytes} bytes`;
    problems.push(`the history is said to be ${said}, and is ${transactions} in ${bytes}`);
  }
  return { problems, transactions };
}

function batchFinding({ firstZxid, lastZxid, transactions, packed }: Batch): string | undefined {
  try {
    const zxids = unpackTransactions(packed).map(({ zxid }) => zxid);
    const holds = zxids.every((zxid, at) => zxid === firstZxid + at);
    if (holds && zxids.length === transactions && zxids.at(-1) === lastZxid) return undefined;
    return `holds other changes: ${zxids.length}, from zxid ${zxids[0]} to ${zxids.at(-1)}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `cannot be read: ${error.message}`;
  }
}
