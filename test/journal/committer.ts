/**
 * A process of its own that commits one node per batch and prints each acknowledged zxid, to be killed.
 * Its one argument is CommitterOptions as JSON.
 */

import { endByKill } from "../../src/journal/sqlite/disk-failure.ts";
import { silentLog } from "../../src/journal/sqlite/log.ts";
import { openDatabase } from "../../src/journal/sqlite/open.ts";
import { migrations } from "../../src/journal/sqlite/schema.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { at, created } from "./state.ts";

export interface CommitterOptions {
  readonly dataDir: string;
  readonly commits: number;
  /** Default: 1. */
  readonly firstZxid?: number;
  readonly dataBytes?: number;
  /** What to do then: die at once, close and exit, stay until killed; or die inside a migration instead of all that. */
  readonly end: "die" | "exit" | "stay" | "dieMigrating";
}

const {
  dataDir,
  commits,
  firstZxid = 1,
  dataBytes = 100,
  end,
} = JSON.parse(process.argv[2]!) as CommitterOptions;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

if (end === "dieMigrating") {
  const half = (connection: { exec(sql: string): unknown }) => {
    connection.exec("CREATE TABLE half_way (a INTEGER) STRICT");
    die();
  };
  openDatabase({ dataDir, migrations: [...migrations, half] }, silentLog);
}

const journal = await openSqliteJournal({ dataDir, onDiskFailure: endByKill }).catch((error: Error) => {
  console.log(error.name);
  process.exit(1);
});
await journal.load({ node: () => {}, session: () => {}, request: () => {} });
console.log("open");
for (let zxid = firstZxid; zxid < firstZxid + commits; zxid++) {
  const data = Buffer.alloc(dataBytes, `${zxid} `);
  try {
    await journal.commit([at(zxid, created(`/n${zxid}`, { data, parentCreates: zxid }))]);
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`);
    const again = await journal.commit([at(zxid + 1, created("/again"))]).catch((e: Error) => e.name);
    console.log(`then ${again}`);
    break;
  }
  console.log(zxid);
}
if (end === "die") die();
else if (end === "exit") {
  await journal.close().catch(() => {});
  process.exit();
} else setInterval(() => {}, 60_000);
