import { beforeEach, describe, expect, test } from "vitest";
import { type Client, CorralError, isCorralError } from "../../src/client/index.ts";
import { backoffMsMax, callsInFlightMax, repetitionMsMax } from "../../src/client/limits.ts";
import { dataBytesMax } from "../../src/limits.ts";
import { collect, connectClient, eventually, settle, type TestClient, withTime } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let journal: MemoryJournal;
let server: TestServer;
let proxy: FaultProxy;
let client: Client;
let clock: ManualClock;

describe.each([
  { way: "as calls of their own", pipelineFrom: Number.POSITIVE_INFINITY },
  { way: "on a pipeline", pipelineFrom: 0 },
])("$way:", ({ pipelineFrom }) => {
  beforeEach(async () => {
    journal = new MemoryJournal();
    server = await startServer({ journal });
    proxy = await FaultProxy.start(server.port);
    // Without a session, so that only calls use the proxy.
    ({ client, clock } = await connectClient(proxy.address, { sessionTimeoutMs: false, pipelineFrom }));
  });

  describe("the story", () => {
    test("of a node: created, read, set, listed, deleted", async () => {
      expect(await client.create("/sl", "20")).toMatchObject({ path: "/sl", stat: { version: 0 }, zxid: 1 });
      expect(await client.get("/sl")).toMatchObject({ path: "/sl", text: "20", zxid: 1 });
      expect(await client.set("/sl", Buffer.from("30"), { version: 0 })).toMatchObject({
        stat: { version: 1 },
      });
      expect((await client.get("/sl")).data).toEqual(new Uint8Array([0x33, 0x30]));
      expect(await client.exists("/sl")).toMatchObject({ version: 1, dataLength: 2 });
      expect(await client.exists("/no")).toBeUndefined();
      expect(await client.look("/no")).toEqual({ stat: undefined, zxid: 2 });
      expect(await client.sync()).toBe(2);
      expect(await client.delete("/sl")).toBe(3);
    });

    test("of sequence numbers, and of parents that are created along the way", async () => {
      const options = { mode: "persistentSequential", parents: true } as const;
      expect(await client.create("/a/b/n-", "", options)).toMatchObject({ path: "/a/b/n-0000000000" });
      expect(await client.create("/a/b/n-", "", options)).toMatchObject({ path: "/a/b/n-0000000001" });
    });

    test("of a list, page by page, with what a watch needs to follow it", async () => {
      await client.create("/a");
      await Promise.all(Array.from({ length: 25 }, (_, i) => client.create(`/a/${i + 10}`, "x")));
      const listing = client.list("/a", { pageSize: 10, withStats: true });
      expect([listing.zxid, listing.stat]).toEqual([undefined, undefined]);
      const children = await collect(listing);
      expect(children.map(({ name }) => name)).toEqual(Array.from({ length: 25 }, (_, i) => `${i + 10}`));
      expect(children[7]).toMatchObject({ path: "/a/17", stat: { dataLength: 1 } });
      expect([listing.zxid, listing.stat?.numChildren]).toEqual([26, 25]);
      expect((await collect(client.list("/"))).map(({ path }) => path)).toEqual(["/a", "/zookeeper"]);
    });
  });

  describe("errors", () => {
    test.each([
      [
        "a missing parent",
        () => client.create("/x/y/z"),
        { reason: "NO_NODE", code: "NOT_FOUND", path: "/x/y" },
      ],
      ["a node that is there", () => client.create("/"), { reason: "NODE_EXISTS", path: "/" }],
      ["a relative path", () => client.get("sl"), { reason: "BAD_ARGUMENTS", field: "path" }],
      [
        "another version",
        () => client.set("/zookeeper", "", { version: 7 }),
        { reason: "BAD_VERSION", code: "ABORTED", path: "/zookeeper", expected: 7, actual: 0 },
      ],
      [
        "too much data",
        () => client.create("/big", Buffer.alloc(dataBytesMax + 1)),
        { reason: "DATA_TOO_LARGE", limit: dataBytesMax, actual: dataBytesMax + 1 },
      ],
      ["a list of nothing", () => client.list("/none").next(), { reason: "NO_NODE", path: "/none" }],
    ] as const)("tell of %s", async (_, call, expected) => {
      const error = await call().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(CorralError);
      expect(error).toMatchObject({ ...expected, outcomeUnknown: false });
      expect(isCorralError(error, expected.reason, "COMPACTED")).toBe(true);
      expect(isCorralError(error, "COMPACTED")).toBe(false);
      expect(isCorralError(error)).toBe(true);
      expect(isCorralError(new Error("another"))).toBe(false);
    });
  });

  describe("a namespace", () => {
    test("is put before all paths and cut off all answers", async () => {
      const { client: inside } = await connectClient(server.address, { namespace: "/app/one", pipelineFrom });
      await inside.create("/", "root", { parents: true });
      await inside.create("/a/b", "20", { parents: true });
      expect(await client.get("/app/one/a/b")).toMatchObject({ text: "20" });
      expect(await inside.get("/")).toMatchObject({ path: "/", text: "root" });
      expect(await collect(inside.list("/"))).toMatchObject([{ name: "a", path: "/a" }]);
      await expect(inside.get("/no")).rejects.toMatchObject({ reason: "NO_NODE", path: "/no" });
      await expect(inside.create("/no/x")).rejects.toMatchObject({ reason: "NO_NODE", path: "/no" });
      await expect(inside.get("relative")).rejects.toMatchObject({ reason: "BAD_ARGUMENTS" });
      const watch = inside.watch("/a");
      await watch.ready;
      await client.set("/app/one/a/b", "30");
      expect(await watch.next()).toMatchObject({ value: { path: "/a/b", kind: "nodeDataChanged" } });
      const lost: string[] = [];
      inside.onEphemeralLost(({ path }) => lost.push(path));
      await inside.create("/e", "", { mode: "ephemeral" });
      await client.delete("/app/one/e");
      await eventually(() => lost.length > 0);
      expect(lost).toEqual(["/e"]);
    });
  });

  describe("a call that finds the connection broken", () => {
    test("is made again when it reads", async () => {
      await client.create("/a", "20");
      proxy.stall();
      const reads = [client.get("/a"), client.exists("/a"), client.list("/a").next(), client.sync()];
      await settle(20);
      proxy.cut();
      proxy.resume();
      expect(await withTime(Promise.all(reads), clock)).toMatchObject([
        { text: "20" },
        {},
        { done: true },
        1,
      ]);
    });

    test("is made again when it writes, and happens once", async () => {
      await client.create("/a");
      journal.hold();
      const written = client.set("/a", "1");
      await journal.commitArrived();
      proxy.cut();
      await settle();
      journal.release();
      expect(await withTime(written, clock)).toMatchObject({ zxid: 2, stat: { version: 1 } });
      expect(await client.exists("/a")).toMatchObject({ version: 1 });
    });

    test("is made again when it writes, and happens although it was not heard the first time", async () => {
      await client.create("/a");
      proxy.stall();
      const written = client.set("/a", "1");
      await settle(20);
      // What was held up is lost.
      proxy.cut();
      proxy.resume();
      expect(await withTime(written, clock)).toMatchObject({ zxid: 2, stat: { version: 1 } });
    });

    test("is made again over a restart of the server", async () => {
      await client.create("/a");
      journal.hold();
      const written = client.create("/a/n-", "", { mode: "persistentSequential" });
      await journal.commitArrived();
      proxy.cut();
      journal.release();
      await server.stop();
      await startServer({ journal: new MemoryJournal(journal.store), port: server.port });
      expect(await withTime(written, clock)).toMatchObject({ path: "/a/n-0000000000", zxid: 2 });
      expect(await collect(client.list("/a"))).toHaveLength(1);
    });

    test("is not made again when it writes once the server may have forgotten it: then nobody knows", async () => {
      await client.create("/a");
      journal.hold();
      const written = client.set("/a", "1", { timeoutMs: Number.POSITIVE_INFINITY });
      const refused = expect(written).rejects.toMatchObject({
        reason: "CONNECTION_LOST",
        outcomeUnknown: true,
      });
      await journal.commitArrived();
      proxy.cut();
      await settle();
      clock.advance(repetitionMsMax + backoffMsMax);
      await settle();
      proxy.cut();
      await refused;
      journal.release();
    });

    test("is not made again in another session when it writes: then nobody knows", async () => {
      const owner = await connectClient(proxy.address, { sessionTimeoutMs: 6_000, pipelineFrom });
      await owner.client.create("/a");
      journal.hold();
      const written = owner.client.create("/e", "", { mode: "ephemeral", timeoutMs: 60_000 });
      const refused = expect(written).rejects.toMatchObject({
        reason: "SESSION_EXPIRED",
        outcomeUnknown: true,
      });
      await journal.commitArrived();
      proxy.refuse();
      proxy.cut();
      await settle();
      owner.clock.advance(6_000);
      journal.release();
      proxy.heal();
      await withTime(refused, owner.clock);
      expect((await withTime(owner.client.connected(), owner.clock)).id).toBeGreaterThan(1);
      expect(await owner.client.exists("/e")).toBeUndefined();
    });

    test("waits for a connection when it writes and there is none", async () => {
      await client.create("/a");
      proxy.refuse();
      proxy.cut();
      await settle();
      const written = client.set("/a", "1");
      clock.advance(5_000);
      proxy.heal();
      expect(await withTime(written, clock)).toMatchObject({ stat: { version: 1 } });
    });

    test("is over when its time is, and knows whether it was sent", async () => {
      await client.create("/a");
      proxy.stall();
      const sent = client.set("/a", "1", { timeoutMs: 1_000 });
      const read = client.get("/a", { timeoutMs: 1_000 });
      await settle(20);
      clock.advance(1_000);
      await expect(sent).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED", outcomeUnknown: true });
      await expect(read).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED", outcomeUnknown: false });
      proxy.refuse();
      proxy.cut();
      await settle();
      const unsent = client.set("/a", "2", { timeoutMs: 1_000 });
      clock.advance(1_000);
      await expect(unsent).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED", outcomeUnknown: false });
    });

    test("is given up by its caller, with the caller's reason", async () => {
      proxy.stall();
      const given = new AbortController();
      const calls = [client.get("/", given), client.set("/", "", given), client.list("/", given).next()];
      await settle(20);
      given.abort(new Error("enough"));
      for (const call of calls) await expect(call).rejects.toThrow("enough");
      await expect(client.get("/", given)).rejects.toThrow("enough");
    });
  });

  describe("a write that the server refuses to take now", () => {
    test("is made again once there is room", async () => {
      await client.create("/a");
      const before = server.engine.tree.zxid;
      await server.stop();
      // The server that stops says SHUTTING_DOWN or is gone; the next one has the same port.
      const next = await startServer({ journal: new MemoryJournal(journal.store), port: server.port });
      expect(await withTime(client.set("/a", "1"), clock)).toMatchObject({ zxid: before + 1 });
      expect(next.engine.tree.zxid).toBe(before + 1);
    });
  });

  describe("many calls", () => {
    test("wait in the client beyond what may be on its way, in order, and can be given up there", async () => {
      proxy.stall();
      const given = new AbortController();
      const creates = Array.from({ length: callsInFlightMax + 3 }, (_, i) =>
        client.create("/n-", `${i}`, {
          mode: "persistentSequential",
          ...(i % 2 === 0 && { signal: given.signal }),
        }),
      );
      const outcomes = Promise.allSettled(creates);
      await settle(20);
      given.abort(new Error("enough"));
      proxy.resume();
      const settled = await outcomes;
      // The last one never left.
      expect(settled.at(-1)).toMatchObject({ status: "rejected", reason: { message: "enough" } });
      const last = await client.get((settled.at(-2) as PromiseFulfilledResult<{ path: string }>).value.path);
      expect(last.text).toBe(`${callsInFlightMax + 1}`);
      expect(server.engine.tree.node("/")!.numChildren).toBeLessThanOrEqual(callsInFlightMax + 2);
    });
  });

  describe("a client that is closed", () => {
    let other: TestClient;

    beforeEach(async () => {
      other = await connectClient(proxy.address, { pipelineFrom });
    });

    test("ends its calls and its watches, and takes no others", async () => {
      const { client: closing } = other;
      await closing.create("/a");
      const watch = closing.watch("/a");
      await watch.ready;
      proxy.stall();
      const reads = [closing.get("/"), closing.get("/")];
      const outcomes = Promise.allSettled(reads);
      const next = watch.next();
      await withTime(closing.close(), other.clock, 50);
      for (const outcome of await outcomes)
        expect(outcome).toMatchObject({ status: "rejected", reason: { reason: "CLIENT_CLOSED" } });
      expect(await next).toEqual({ done: true, value: undefined });
      await expect(closing.get("/")).rejects.toMatchObject({ reason: "CLIENT_CLOSED" });
      await expect(closing.watch("/a").next()).rejects.toMatchObject({ reason: "CLIENT_CLOSED" });
      expect(closing.state).toBe("closed");
      proxy.resume();
    });

    test("is closed at the end of its block", async () => {
      {
        await using scoped = other.client;
        await scoped.create("/e", "", { mode: "ephemeral" });
        expect(await client.exists("/e")).toBeDefined();
      }
      expect(await client.exists("/e")).toBeUndefined();
    });
  });
});
