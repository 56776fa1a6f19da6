import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../../gen/ts/corral/v1/coordination_pb.js";
import { acquireLock, type Lock } from "../../../src/client/index.ts";
import { connectClient, eventually, settle, type TestClient, withTime } from "../../support/client.ts";
import { FaultProxy } from "../../support/fault-proxy.ts";
import { MemoryJournal } from "../../support/memory-journal.ts";
import { startServer, type TestServer } from "../../support/start-server.ts";

const path = "/locks/a";
let journal: MemoryJournal;
let server: TestServer;
let proxy: FaultProxy;

beforeEach(async () => {
  journal = new MemoryJournal();
  server = await startServer({ journal });
  proxy = await FaultProxy.start(server.port);
});

/** The places in the queue, oldest first. */
function queue(): string[] {
  const { tree } = server.engine;
  return [...tree.childNames(path)].sort((one, other) => czxid(one) - czxid(other));
}

function czxid(name: string): number {
  return server.engine.tree.node(`${path}/${name}`)!.czxid;
}

/** Starts to wait for the lock, and comes back when that is in the queue. */
async function queueUp(client: TestClient["client"], options = {}) {
  const length = queue().length;
  const waiting = acquireLock(client, path, options);
  let lock: Lock | undefined;
  waiting.then(
    (taken) => {
      lock = taken;
    },
    () => {},
  );
  await eventually(() => queue().length > length);
  return { waiting, taken: () => lock };
}

describe("a lock", () => {
  test("is held by one at a time, in the order of asking, with growing tokens", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectClient(server.address)));
    const order: number[] = [];
    const waits: Promise<Lock>[] = [];
    for (const [at, { client }] of clients.entries()) {
      const { waiting } = await queueUp(client, { data: `${at}` });
      void waiting.then(() => order.push(at));
      waits.push(waiting);
    }
    let last = 0;
    for (const [at, wait] of waits.entries()) {
      const lock = await wait;
      await settle();
      expect(order).toEqual([...waits.keys()].slice(0, at + 1));
      expect(lock.token).toBe(czxid(queue()[0]!));
      expect(lock.token).toBeGreaterThan(last);
      last = lock.token;
      expect((await clients[at]!.client.get(lock.path)).text).toBe(`${at}`);
      expect(lock.signal.aborted).toBe(false);
      await lock.release();
      expect(lock.signal.aborted).toBe(true);
    }
    expect(queue()).toEqual([]);
  });

  test("can be asked for twice by one client, which then waits for itself", async () => {
    const { client } = await connectClient(server.address);
    const first = await acquireLock(client, path);
    const { waiting, taken } = await queueUp(client);
    await settle();
    expect(taken()).toBeUndefined();
    await first.release();
    await first.release();
    await (await waiting)[Symbol.asyncDispose]();
  });

  test("wakes the next one alone when it is released: each watches the one before it", async () => {
    const { client } = await connectClient(server.address);
    const lock = await acquireLock(client, path);
    for (let waiters = 0; waiters < 3; waiters++) await queueUp(client);
    const watchers = (name: string) => [...server.engine.watches.watching(`${path}/${name}`)].length;
    // The holder watches its own.
    await eventually(() => queue().map(watchers).join() === "2,1,1,0");
    await lock.release();
    await eventually(() => queue().map(watchers).join() === "2,1,0");
  });

  test("does not mind other nodes beside its queue", async () => {
    const { client } = await connectClient(server.address);
    await client.create(`${path}/a-note`, "", { parents: true });
    await (await acquireLock(client, path)).release();
    expect(await client.exists(`${path}/a-note`)).toBeDefined();
  });
});

describe("a lock that is not got", () => {
  test("is given up by the signal, and who waits behind does not notice", async () => {
    const { client } = await connectClient(server.address);
    const lock = await acquireLock(client, path);
    const given = new AbortController();
    const second = await queueUp(client, { signal: given.signal });
    const third = await queueUp(client);
    given.abort(new Error("no patience"));
    await expect(second.waiting).rejects.toThrow("no patience");
    await eventually(() => queue().length === 2);
    await settle();
    expect(third.taken()).toBeUndefined();
    await lock.release();
    await third.waiting;
  });

  test("is refused where there can be none", async () => {
    const { client } = await connectClient(server.address);
    await client.create("/e", "", { mode: "ephemeral" });
    await expect(acquireLock(client, "/e/l")).rejects.toMatchObject({
      reason: "NO_CHILDREN_FOR_EPHEMERALS",
    });
    const sessionless = await connectClient(server.address, { sessionTimeoutMs: false });
    await expect(acquireLock(sessionless.client, path)).rejects.toMatchObject({ reason: "SESSION_REQUIRED" });
  });
});

describe("a lock is lost", () => {
  test("with the session, by the holder's own clock, before another one gets it", async () => {
    const holder = await connectClient(proxy.address, { sessionTimeoutMs: 6_000 });
    const lock = await acquireLock(holder.client, path);
    const next = await queueUp((await connectClient(server.address)).client);
    proxy.stall();
    holder.clock.advance(5_999);
    expect(lock.signal.aborted).toBe(false);
    holder.clock.advance(1);
    await settle();
    expect(lock.signal.reason).toMatchObject({ reason: "SESSION_EXPIRED" });
    expect(next.taken()).toBeUndefined();
    proxy.heal();
    // The client buries its session as soon as it can, and the next one need not wait for the server's patience.
    await eventually(() => next.taken(), holder.clock);
    expect(next.taken()!.token).toBeGreaterThan(lock.token);
    await lock.release();
  });

  test("when somebody deletes its node", async () => {
    const { client } = await connectClient(server.address);
    const lock = await acquireLock(client, path);
    await server.client.unary(Coordination.method.delete, { path: lock.path });
    await eventually(() => lock.signal.aborted);
    expect(lock.signal.reason).toMatchObject({ reason: "NO_NODE" });
  });

  test("when the client is closed", async () => {
    const { client, clock } = await connectClient(server.address);
    const lock = await acquireLock(client, path);
    await withTime(client.close(), clock);
    await eventually(() => lock.signal.aborted);
    expect(queue()).toEqual([]);
  });
});

describe("who waits", () => {
  test("queues up again, at the end, when the session is lost", async () => {
    const holder = await connectClient(server.address);
    const lock = await acquireLock(holder.client, path);
    const waiter = await connectClient(proxy.address, { sessionTimeoutMs: 6_000 });
    const second = await queueUp(waiter.client);
    const third = await queueUp(holder.client);
    const before = queue();
    proxy.stall();
    waiter.clock.advance(6_000);
    proxy.heal();
    await eventually(() => queue().length === 3 && !queue().includes(before[1]!), waiter.clock);
    expect(queue().slice(0, 2)).toEqual([before[0], before[2]]);
    await lock.release();
    await (await third.waiting).release();
    await second.waiting;
  });

  test("queues up again when somebody deletes its place", async () => {
    const { client } = await connectClient(server.address);
    const lock = await acquireLock(client, path);
    const second = await queueUp(client);
    await server.client.unary(Coordination.method.delete, { path: `${path}/${queue()[1]}` });
    await lock.release();
    await second.waiting;
    expect(queue()).toHaveLength(1);
  });

  test("finds its place again when the answer was lost, and takes no second one", async () => {
    const { client, clock } = await connectClient(proxy.address);
    await client.create(path, "", { parents: true });
    journal.hold();
    const waiting = acquireLock(client, path);
    await journal.commitArrived();
    proxy.cut();
    journal.release();
    const lock = await withTime(waiting, clock);
    expect(queue()).toEqual([lock.path.slice(path.length + 1)]);
  });
});
