import { beforeEach, describe, expect, test } from "vitest";
import type { Client, Watch, WatchEvent } from "../../src/client/index.ts";
import { watchQueueEventsMax } from "../../src/client/limits.ts";
import { collect, connectClient, eventually, settle, withTime } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let store: MemoryStore;
let server: TestServer;
let port: number;
let proxy: FaultProxy;
let client: Client;
let clock: ManualClock;
/** Another client, whose connections nothing disturbs. */
let writer: Client;

beforeEach(async () => {
  store = new MemoryStore();
  await start();
  proxy = await FaultProxy.start(() => port);
  ({ client, clock } = await connectClient(proxy.address, { sessionTimeoutMs: false }));
});

async function start(): Promise<void> {
  server = await startServer({ journal: new MemoryJournal(store) });
  port = server.port;
  ({ client: writer } = await connectClient(server.address, { sessionTimeoutMs: false }));
}

/** Such as "5 nodeCreated /a 20". */
function lineOf({ zxid, kind, path, text }: WatchEvent): string {
  return `${zxid} ${kind} ${path} ${text}`.trimEnd();
}

/** Watches that the server has. */
function watchCount(): number {
  return [...server.engine.watches.counts.values()].reduce((sum, count) => sum + count, 0);
}

async function take(watch: Watch, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) lines.push(lineOf((await watch.next()).value!));
  return lines;
}

describe("a watch", () => {
  test("tells of all that happens from when it is ready", async () => {
    const watch = client.watch("/", { withData: true, withPreviousData: true });
    expect(watch.kind).toBe("persistentRecursive");
    expect(await watch.ready).toBe(0);
    await writer.create("/a", "20");
    await writer.set("/a", "30");
    await writer.delete("/a");
    expect(await take(watch, 2)).toEqual(["1 nodeCreated /a 20", "2 nodeDataChanged /a 30"]);
    const { value } = await watch.next();
    expect(value).toMatchObject({ kind: "nodeDeleted", previousText: "30", text: "", stat: { version: 1 } });
    expect(watch.zxid).toBe(3);
  });

  test("tells of what happened after a zxid, and then of what happens", async () => {
    await writer.create("/a");
    await writer.create("/b");
    const watch = client.watch("/", { afterZxid: 1 });
    expect(await take(watch, 1)).toEqual(["2 nodeCreated /b"]);
    await writer.create("/c");
    expect(await take(watch, 1)).toEqual(["3 nodeCreated /c"]);
  });

  test.each([
    ["data", "2 nodeDataChanged /a"],
    ["exists", "2 nodeDataChanged /a"],
    ["children", "3 nodeChildrenChanged /a"],
  ] as const)("of %s is over after one event", async (kind, line) => {
    await writer.create("/a");
    const watch = client.watch("/a", { kind, afterZxid: 1 });
    await writer.set("/a", "20");
    await writer.create("/a/b");
    await writer.set("/a", "30");
    expect((await collect(watch)).map(lineOf)).toEqual([line]);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test("of a subtree reaches as far down as asked", async () => {
    for (const path of ["/a", "/a/b", "/a/b/c", "/a/b/c/d"]) await writer.create(path);
    const [alone, children, all] = [
      client.watch("/a", { depth: 0, afterZxid: 0 }),
      client.watch("/a", { depth: 1, afterZxid: 0 }),
      client.watch("/a", { kind: "subtree", afterZxid: 0 }),
    ];
    expect(await take(alone, 1)).toEqual(["1 nodeCreated /a"]);
    expect(await take(children, 2)).toEqual(["1 nodeCreated /a", "2 nodeCreated /a/b"]);
    expect(await take(all, 4)).toHaveLength(4);
  });

  test("of children by ZooKeeper's persistent kind names the parent", async () => {
    await writer.create("/a");
    const watch = client.watch("/a", { kind: "persistent", afterZxid: 1 });
    await writer.create("/a/b");
    expect(await take(watch, 1)).toEqual(["2 nodeChildrenChanged /a"]);
  });

  test("that cannot be throws why, once", async () => {
    const watch = client.watch("/none", { kind: "data" });
    await expect(watch.ready).rejects.toMatchObject({ reason: "NO_NODE", path: "/none" });
    await expect(watch.next()).rejects.toMatchObject({ reason: "NO_NODE", path: "/none" });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    await expect(client.watch("/", { afterZxid: 99 }).next()).rejects.toMatchObject({
      reason: "ZXID_AHEAD",
      expected: 99,
      actual: 0,
    });
  });

  test("is cancelled by leaving the loop, by its block and by its signal", async () => {
    await writer.create("/a");
    const given = new AbortController();
    const aborted = client.watch("/", { signal: given.signal });
    const refused = expect(aborted.next()).rejects.toThrow("enough");
    {
      await using scoped = client.watch("/");
      await Promise.all([aborted.ready, scoped.ready]);
      for await (const event of client.watch("/", { afterZxid: 0 })) {
        expect(lineOf(event)).toBe("1 nodeCreated /a");
        break;
      }
    }
    given.abort(new Error("enough"));
    await refused;
    await expect(client.watch("/", { signal: given.signal }).next()).rejects.toThrow("enough");
    await eventually(() => watchCount() === 0);
  });

  test("is one of many on the same stream", async () => {
    const watches = Array.from({ length: 2_500 }, (_, i) => client.watch(`/${i}`));
    await Promise.all(watches.map(({ ready }) => ready));
    expect([server.engine.watches.streamCount, watchCount()]).toEqual([1, 2_500]);
    await writer.create("/7");
    expect(await take(watches[7]!, 1)).toEqual(["1 nodeCreated /7"]);
  });
});

describe("a watch whose connection is gone", () => {
  test("goes on after its last event, on the next one", async () => {
    const watch = client.watch("/");
    await watch.ready;
    await writer.create("/a");
    expect(await take(watch, 1)).toEqual(["1 nodeCreated /a"]);
    proxy.cut();
    await writer.create("/b");
    await writer.create("/c");
    const next = await withTime(take(watch, 2), clock);
    expect(next).toEqual(["2 nodeCreated /b", "3 nodeCreated /c"]);
  });

  test("goes on after its bookmark when it had no event", async () => {
    const [quiet, loud] = [client.watch("/quiet"), client.watch("/loud")];
    await Promise.all([quiet.ready, loud.ready]);
    await writer.create("/loud");
    await take(loud, 1);
    server.clock.advance(5_000);
    await eventually(() => quiet.zxid === 1);
    // What it goes on from is forgotten if it is any earlier.
    proxy.refuse();
    proxy.cut();
    store.compact(1);
    proxy.heal();
    await writer.create("/quiet");
    expect(await withTime(take(quiet, 1), clock)).toEqual(["2 nodeCreated /quiet"]);
  });

  test("goes on when the server was started again", async () => {
    const watch = client.watch("/");
    await watch.ready;
    await writer.create("/a");
    await take(watch, 1);
    await server.stop();
    await start();
    await writer.create("/b");
    expect(await withTime(take(watch, 1), clock)).toEqual(["2 nodeCreated /b"]);
  });

  test("is told when what happened is no longer remembered", async () => {
    const watch = client.watch("/");
    await watch.ready;
    proxy.refuse();
    proxy.cut();
    await settle();
    await writer.create("/a");
    await writer.create("/b");
    store.compact(1);
    proxy.heal();
    await expect(withTime(watch.next(), clock)).rejects.toMatchObject({
      reason: "COMPACTED",
      code: "OUT_OF_RANGE",
    });
  });

  test("notices that nothing comes any more, when not even bookmarks do", async () => {
    const watch = client.watch("/");
    await watch.ready;
    // The first bookmark says how often they come: every five seconds.
    await eventually(() => clock.pendingTimers > 0);
    proxy.abandon();
    await writer.create("/a");
    clock.advance(14_999);
    await settle();
    expect(watch.zxid).toBe(0);
    clock.advance(1);
    expect(await withTime(take(watch, 1), clock)).toEqual(["1 nodeCreated /a"]);
  });
});

describe("a reader that is slow", () => {
  const changes = 3 * watchQueueEventsMax;

  test("holds up neither the others nor the memory, and misses nothing", async () => {
    await writer.create("/a");
    const [slow, quick] = [client.watch("/a"), client.watch("/a")];
    await Promise.all([slow.ready, quick.ready]);
    const quickly = take(quick, changes);
    for (let i = 0; i < changes; i += 100)
      await Promise.all(Array.from({ length: 100 }, () => writer.set("/a", "x")));
    const all = await quickly;
    // It is off the stream: what it has not taken waits in the server's history, not here.
    await eventually(() => watchCount() === 1);
    expect(await take(slow, changes)).toEqual(all);
    expect(new Set(all).size).toBe(changes);
    await eventually(() => watchCount() === 2);
    await writer.set("/a", "last");
    expect(await take(slow, 1)).toEqual([`${changes + 2} nodeDataChanged /a`]);
  });

  test("is told when it was so slow that the server has forgotten", async () => {
    await writer.create("/a");
    const slow = client.watch("/a");
    await slow.ready;
    for (let i = 0; i < watchQueueEventsMax + 500; i += 100)
      await Promise.all(Array.from({ length: 100 }, () => writer.set("/a", "x")));
    await eventually(() => watchCount() === 0);
    store.compact(watchQueueEventsMax + 400);
    const taken: WatchEvent[] = [];
    const reading = (async () => {
      for await (const event of slow) taken.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ reason: "COMPACTED" });
    expect(taken.length).toBeGreaterThanOrEqual(watchQueueEventsMax);
    expect(taken.map(({ stat }) => stat.version)).toEqual(taken.map((_, i) => i + 1));
  });

  test("of the whole stream is cut off by the server, and goes on by itself", async () => {
    await writer.create("/a");
    const watch = client.watch("/a", { withData: true });
    await watch.ready;
    proxy.stall();
    const data = Buffer.alloc(500_000, "x");
    for (let i = 0; i < 80; i++) await writer.set("/a", data);
    await eventually(() => server.engine.watches.streamCount === 0);
    proxy.resume();
    const events: WatchEvent[] = [];
    while (events.length < 80) events.push((await withTime(watch.next(), clock)).value!);
    expect(events.map(({ stat }) => stat.version)).toEqual(events.map((_, i) => i + 1));
    expect(events.every((event) => event.data.length === data.length)).toBe(true);
  });
});
