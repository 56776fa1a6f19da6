// What a client reads for operators: backups, and the past of nodes up to a moment.
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupPart, Client } from "../../src/client/index.ts";
import { treeOf, wholeOf } from "../support/backup.ts";
import { collect, connectClient } from "../support/client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let server: TestServer;
let client: Client;

beforeEach(async () => {
  server = await startServer();
  ({ client } = await connectClient(server.address, { sessionTimeoutMs: false }));
});

describe("a backup", () => {
  test("comes in chunks that are the file, with how far it is", async () => {
    await client.create("/a", "data");
    const parts: BackupPart[] = [];
    for await (const part of client.admin.backup()) parts.push(part);
    expect(wholeOf(await treeOf(parts.map(({ chunk }) => chunk)))).toEqual(wholeOf(server.engine.tree));
    expect(parts.at(-1)).toMatchObject({ zxid: 1, nodes: 5, nodesTotal: 5 });
  });

  test("ends when its reader has enough, and with the reason of a signal", async () => {
    for (let i = 0; i < 30; i++) await client.create(`/n-${i}`, Buffer.alloc(1_000_000));
    for await (const { chunk } of client.admin.backup()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of client.admin.backup({ signal: controller.signal }))
        controller.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
  });

  test("is refused to who has no ADMIN", async () => {
    const everybody = { scheme: "world", id: "anyone", permissions: ["read", "write"] } as const;
    await client.setAcl("/", [everybody]);
    await expect(collect(client.admin.backup())).rejects.toMatchObject({ reason: "NO_AUTH" });
  });
});

describe("a watch with an end", () => {
  test("tells what happened up to there, and nothing after it", async () => {
    await client.create("/a", "1");
    await client.set("/a", "2");
    server.clock.advance(5_000);
    await client.delete("/a");
    const through = await client.sync();
    await client.create("/a", "3");
    const events = await collect(client.watch("/", { afterZxid: 0, throughZxid: through }));
    expect(events.map(({ zxid, kind }) => [zxid, kind])).toEqual([
      [1, "nodeCreated"],
      [2, "nodeDataChanged"],
      [3, "nodeDeleted"],
    ]);
    const [created, set, deleted] = events;
    expect([created!.timeMs, set!.timeMs]).toEqual([created!.stat.ctimeMs, set!.stat.mtimeMs]);
    expect(deleted!.timeMs).toBe(set!.stat.mtimeMs + 5_000);
  });

  test("ends at once when there is nothing, and may still lie ahead", async () => {
    await client.create("/a");
    expect(await collect(client.watch("/none", { afterZxid: 0, throughZxid: 1 }))).toEqual([]);
    const watch = client.watch("/", { throughZxid: 3 });
    await watch.ready;
    for (let i = 0; i < 4; i++) await client.set("/a", "");
    expect((await collect(watch)).map(({ zxid }) => zxid)).toEqual([2, 3]);
  });

  test("a change of children has no time of its own", async () => {
    await client.create("/a");
    const [event] = await collect(client.watch("/", { kind: "persistent", afterZxid: 0, throughZxid: 1 }));
    expect([event!.kind, event!.timeMs]).toEqual(["nodeChildrenChanged", undefined]);
  });
});
