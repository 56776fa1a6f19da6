// Acknowledged writes were lost, and the operator goes on without them: nobody takes the new history for the old one.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { watchSpec } from "../../src/core/watch.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { Engine } from "../../src/engine/engine.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { tempDir } from "../journal/state.ts";
import { engineSettings, settle } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";

async function start(dataDir: string, acceptDataLoss = false): Promise<Engine> {
  const engine = await Engine.start({
    journal: await openSqliteJournal({ dataDir, acceptDataLoss }),
    clock: new ManualClock(),
    random: new CountingRandom(),
    settings: engineSettings,
    onFailure: () => {},
  });
  onTestFinished(() => engine.stop());
  return engine;
}

async function create(engine: Engine, ...paths: string[]): Promise<number> {
  for (const path of paths)
    await engine.submit({ op: "create", path, data: new Uint8Array(), mode: "persistent" }, {});
  return engine.tree.zxid;
}

/** The first things that a watch of everything is told that resumes after a zxid. */
async function toldAfter(afterZxid: number, engine: Engine, count = 1): Promise<string[]> {
  const told: string[] = [];
  const holder = { peer: "test", sessionId: undefined, identities: [] };
  const { stream } = engine.watch(holder, {
    send: ({ notices, canceled }, sent) => {
      for (const { event } of notices) told.push(event.path);
      for (const { refusal } of canceled) told.push(`${refusal?.reason}`);
      setImmediate(sent);
    },
    cut: () => {},
  });
  const spec = watchSpec("persistentRecursive", "all", {
    withData: false,
    withPreviousData: false,
    asText: false,
  });
  engine.watches.add(stream, { id: 1, path: "/", spec, afterZxid });
  stream.flush();
  while (told.length < count) await settle();
  return told;
}

/** A directory whose last writes are lost, and the zxid of the last one. */
async function withLoss(lose: (database: string, old: Uint8Array) => void) {
  const dataDir = tempDir();
  const database = join(dataDir, "corral.db");
  const first = await start(dataDir);
  await create(first, "/old-1", "/old-2");
  await first.stop();
  const old = readFileSync(database);
  const second = await start(dataDir);
  const acknowledged = await create(second, "/lost-1", "/lost-2");
  await second.stop();
  lose(database, old);
  await expect(start(dataDir)).rejects.toThrow("was acknowledged");
  return { dataDir, acknowledged };
}

test.each([
  ["the last writes are", (database: string, old: Uint8Array) => writeFileSync(database, old)],
  ["the whole database is", (database: string) => rmSync(database)],
])(
  "when %s lost, no zxid is given again, and watches from before are told that they missed something",
  async (_what, lose) => {
    const { dataDir, acknowledged } = await withLoss(lose);
    const engine = await start(dataDir, true);
    expect(engine.tree.zxid).toBeGreaterThan(acknowledged);
    expect(await toldAfter(acknowledged, engine)).toEqual(["COMPACTED"]);
    const began = engine.tree.zxid;
    await create(engine, "/new-1", "/new-2");
    expect(await toldAfter(acknowledged, engine)).toEqual(["COMPACTED"]);
    expect(await toldAfter(began, engine, 2)).toEqual(["/new-1", "/new-2"]);
    await engine.stop();
    expect(dataDirectory.check(dataDir).problems).toEqual([]);
    const again = await start(dataDir, true);
    expect(again.tree.zxid).toBe(began + 2);
  },
);
