import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { backup } from "./backup.ts";
import { client } from "./client.ts";
import { history } from "./history.ts";
import { scraping } from "./scrape.ts";
import { sessions } from "./sessions.ts";
import { transact } from "./transact.ts";
import { watches } from "./watches.ts";

const parts: Record<string, (dataDir: string) => Promise<object[]>> = {
  transact,
  sessions,
  watches,
  history,
  client,
  backup,
  scraping,
};

/** `npm run bench -- --part NAME`: one part of Corral by itself, in more detail; `all` runs every one. */
export async function runParts(name: string): Promise<void> {
  const wanted = name === "all" ? Object.keys(parts) : [name];
  for (const one of wanted) {
    const part = parts[one];
    if (part === undefined) throw new Error(`no part ${one}; there are ${Object.keys(parts).join(", ")}`);
    const dataDir = await mkdtemp(path.join(tmpdir(), "corral-bench-"));
    try {
      console.log(`\n${one}`);
      console.table(await part(dataDir));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
}
