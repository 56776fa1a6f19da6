// The states of a session and when they are told, on two clocks that the test moves: the client's and the server's.
import { beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { connectClient, eventually, settle } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const timeoutMs = 6_000;
let server: TestServer;
let proxy: FaultProxy;

beforeEach(async () => {
  server = await startServer();
  proxy = await FaultProxy.start(server.port);
});

function connectThroughProxy() {
  return connectClient(proxy.address, { sessionTimeoutMs: timeoutMs });
}

function hasNode(path: string): boolean {
  return server.engine.tree.node(path) !== undefined;
}

describe("without a word from the server", () => {
  test("a session is suspended after two thirds of its timeout and lost at its end, to the millisecond", async () => {
    const { client, clock, states } = await connectThroughProxy();
    const session = client.session!;
    proxy.stall();
    clock.advance(session.leftMs - timeoutMs / 3 - 1);
    expect(states).toEqual([]);
    clock.advance(1);
    expect(states).toEqual(["suspended"]);
    expect([client.state, session.state, session.leftMs]).toEqual(["suspended", "suspended", timeoutMs / 3]);
    clock.advance(timeoutMs / 3 - 1);
    expect(states).toEqual(["suspended"]);
    expect(session.signal.aborted).toBe(false);
    clock.advance(1);
    expect(states).toEqual(["suspended", "lost", "connecting"]);
    expect([session.state, session.leftMs, session.signal.aborted]).toEqual(["lost", 0, true]);
    expect(session.signal.reason).toMatchObject({ reason: "SESSION_EXPIRED" });
    expect(client.session).toBeUndefined();
  });

  test("the loss is told before the server ends the session", async () => {
    const { client, clock, states } = await connectThroughProxy();
    await client.create("/e", "", { mode: "ephemeral" });
    // Both clocks run alike. The server's count begins with the last heartbeat that reached it.
    for (let beats = 0; beats < 3; beats++) {
      clock.advance(timeoutMs / 3);
      server.clock.advance(timeoutMs / 3);
      await settle();
    }
    proxy.stall();
    while (hasNode("/e")) {
      clock.advance(100);
      if (states.includes("lost")) break;
      server.clock.advance(100);
      await settle(5);
    }
    expect(states).toContain("lost");
    expect(hasNode("/e")).toBe(true);
  });

  test("a connection that breaks suspends a session at once", async () => {
    const { clock, states } = await connectThroughProxy();
    proxy.refuse();
    proxy.cut();
    await eventually(() => states.length > 0);
    expect(states).toEqual(["suspended"]);
    proxy.heal();
    await eventually(() => states.length > 1, clock);
    expect(states).toEqual(["suspended", "connected"]);
  });
});

describe("a session", () => {
  test("lives on heartbeats every third of its timeout", async () => {
    const { client, clock, states } = await connectThroughProxy();
    for (let thirds = 0; thirds < 30; thirds++) {
      clock.advance(timeoutMs / 3);
      server.clock.advance(timeoutMs / 3);
      // Without a new heartbeat it would be less.
      await eventually(() => client.session!.leftMs > timeoutMs * (2 / 3));
    }
    expect(states).toEqual([]);
  });

  test.each([["cut"], ["stall"], ["abandon"]] as const)(
    "keeps its id and its nodes over a connection that is gone by %s",
    async (fault) => {
      const { client, clock, states } = await connectThroughProxy();
      const { id } = client.session!;
      await client.create("/e", "", { mode: "ephemeral" });
      proxy[fault]();
      if (fault !== "cut") clock.advance(timeoutMs * (2 / 3));
      await eventually(() => states.includes("suspended"));
      proxy.heal();
      await eventually(() => states.at(-1) === "connected", clock);
      expect([client.session!.id, states]).toEqual([id, ["suspended", "connected"]]);
      expect(client.session!.leftMs).toBeGreaterThan(timeoutMs * (2 / 3));
      expect(hasNode("/e")).toBe(true);
    },
  );

  test("goes over to another endpoint", async () => {
    const { client, clock, states } = await connectClient("", {
      endpoints: [proxy.address, server.address, "127.0.0.1:1"],
      sessionTimeoutMs: timeoutMs,
    });
    const { id } = client.session!;
    proxy.refuse();
    proxy.cut();
    // It may have been on the other one already.
    await eventually(() => proxy.connections === 0 && client.state === "connected", clock);
    expect(client.session!.id).toBe(id);
    expect(states.filter((state) => state === "lost")).toEqual([]);
  });

  test("keeps its id and its nodes when the server is started again", async () => {
    const store = new MemoryStore();
    const first = await startServer({ journal: new MemoryJournal(store) });
    let { port } = first;
    const restarting = await FaultProxy.start(() => port);
    const { client, clock, states } = await connectClient(restarting.address, {
      sessionTimeoutMs: timeoutMs,
    });
    const { id } = client.session!;
    await client.create("/e", "", { mode: "ephemeral" });
    await first.stop();
    ({ port } = await startServer({ journal: new MemoryJournal(store) }));
    await eventually(() => states.at(-1) === "connected", clock);
    expect([client.session!.id, states]).toEqual([id, ["suspended", "connected"]]);
    expect(await client.exists("/e")).toMatchObject({ ephemeralOwner: id });
  });

  test("that the server has ended is lost at once, and followed by another one", async () => {
    const { client, clock, states } = await connectThroughProxy();
    const before = client.session!;
    await server.engine.closeSession(server.engine.tree.session(before.id)!);
    await eventually(() => states.includes("connected"), clock);
    expect(states).toEqual(["lost", "connecting", "connected"]);
    expect(before.state).toBe("lost");
    expect(client.session!.id).not.toBe(before.id);
  });

  test("that was lost takes its nodes with it before the next one begins", async () => {
    const { client, clock, states } = await connectThroughProxy();
    await client.create("/e", "", { mode: "ephemeral" });
    proxy.refuse();
    proxy.cut();
    await eventually(() => states.includes("lost"), clock, 50);
    expect(hasNode("/e")).toBe(true);
    proxy.heal();
    await eventually(() => states.includes("connected"), clock);
    // No time has passed for the server.
    expect(await client.exists("/e")).toBeUndefined();
    expect(await client.create("/e", "", { mode: "ephemeral" })).toMatchObject({ path: "/e" });
  });

  test("survives that an attachment which was given up arrives later than the next one", async () => {
    const { client, clock, states } = await connectThroughProxy();
    const { id } = client.session!;
    proxy.cut();
    proxy.stall();
    await eventually(() => proxy.accepted > 2, clock);
    // The first attempt hangs in the proxy; it is given up, and the next one as well.
    await eventually(() => proxy.accepted > 3, clock);
    proxy.resume();
    await eventually(() => states.at(-1) === "connected", clock);
    await settle();
    await eventually(() => client.state === "connected", clock);
    expect(client.session!.id).toBe(id);
    expect(states).not.toContain("lost");
  });

  test("is closed with its client, and its nodes are gone at once", async () => {
    const { client, states } = await connectThroughProxy();
    const session = client.session!;
    await client.create("/e", "", { mode: "ephemeral" });
    await client.close();
    expect([client.state, session.state, session.signal.aborted, states]).toEqual([
      "closed",
      "closed",
      true,
      ["closed"],
    ]);
    expect(hasNode("/e")).toBe(false);
  });
});

describe("a client that stood still itself", () => {
  test("knows that its session is lost before anything else runs", async () => {
    const { client, clock, states } = await connectThroughProxy();
    const session = client.session!;
    // The timers are late: what is asked right after the stall must know all the same.
    clock.pass(timeoutMs);
    expect([session.state, session.leftMs]).toEqual(["lost", 0]);
    expect(states).toEqual(["lost", "connecting"]);
    expect(session.signal.aborted).toBe(true);
    await expect(client.create("/a", "", { session })).rejects.toMatchObject({ reason: "SESSION_EXPIRED" });
    expect(hasNode("/a")).toBe(false);
  });

  test("is not fooled by an answer that lay unread meanwhile", async () => {
    const { clock, states } = await connectThroughProxy();
    clock.advance(timeoutMs / 3);
    // The answer to that heartbeat arrives now, before any timer runs.
    clock.pass(timeoutMs);
    await eventually(() => states.length > 0);
    expect(states.slice(0, 2)).toEqual(["lost", "connecting"]);
  });

  test("is told so when it was short enough to go on", async () => {
    const { client, clock, states } = await connectThroughProxy();
    const stalls: number[] = [];
    client.onStall((lateMs) => stalls.push(lateMs));
    clock.stall(timeoutMs / 2 + 100);
    expect(stalls).toHaveLength(1);
    // Since the heartbeat was due, a third of the timeout after the last one.
    expect(stalls[0]).toBeGreaterThan(timeoutMs / 6);
    expect(stalls[0]).toBeLessThan(timeoutMs / 2 + 100);
    await settle();
    expect([client.state, states]).toEqual(["connected", []]);
  });
});

describe("connecting", () => {
  test("fails with a typed error when nobody answers in time", async () => {
    proxy.refuse();
    const refused = connect({ endpoints: proxy.address, timeoutMs: 50 });
    await expect(refused).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED", outcomeUnknown: false });
  });

  test("is given up with the caller's own reason", async () => {
    const given = new AbortController();
    const refused = connect({ endpoints: "127.0.0.1:1", signal: given.signal });
    given.abort(new Error("enough"));
    await expect(refused).rejects.toThrow("enough");
  });

  test("without a session opens none", async () => {
    const { client } = await connectClient(server.address, { sessionTimeoutMs: false });
    expect([client.state, client.session, server.engine.tree.sessionCount]).toEqual([
      "connected",
      undefined,
      0,
    ]);
    await client.create("/a");
    await expect(client.create("/e", "", { mode: "ephemeral" })).rejects.toMatchObject({
      reason: "SESSION_REQUIRED",
    });
    await expect(client.connected()).rejects.toMatchObject({ reason: "SESSION_REQUIRED" });
  });

  test("needs an endpoint and an absolute namespace", async () => {
    await expect(connect({ endpoints: [] })).rejects.toMatchObject({ reason: "BAD_ARGUMENTS" });
    for (const namespace of ["app", "/app/", ""]) {
      await expect(connect({ endpoints: server.address, namespace })).rejects.toMatchObject({
        reason: "BAD_ARGUMENTS",
      });
    }
  });
});
