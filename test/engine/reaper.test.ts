import { beforeEach, describe, expect, test } from "vitest";
import type { CreateMode } from "../../src/core/operation.ts";
import { downtimeCountedMsMax, reapSliceNodes } from "../../src/limits.ts";
import { settle, TestEngine, tickMs, verdictOf } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

let server: TestEngine;

beforeEach(async () => {
  server = await TestEngine.start();
});

const ttlMs = 5_000;

function create(path: string, mode: CreateMode = "persistent", on = server) {
  const ttl = mode.endsWith("Ttl") ? { ttlMs } : {};
  return on.engine.submit({ op: "create", path, data: new Uint8Array(), mode, ...ttl }, {});
}

function set(path: string) {
  return server.engine.submit({ op: "set", path, data: new Uint8Array(), version: -1 }, {});
}

/** Lets time pass, and whatever follows from it happen. */
async function pass(ms: number, on = server): Promise<void> {
  on.clock.advance(ms);
  await settle();
}

describe("a container", () => {
  test("that never had a child stays", async () => {
    await create("/c", "container");
    await pass(100 * tickMs);
    expect(server.exists("/c")).toBe(true);
  });

  test("goes within a tick of its last child, and not while it has one", async () => {
    await create("/c", "container");
    await create("/c/a");
    await create("/c/b");
    await server.delete("/c/a");
    await pass(10 * tickMs);
    expect(server.exists("/c")).toBe(true);
    await server.delete("/c/b");
    expect(server.exists("/c")).toBe(true);
    await pass(tickMs);
    expect(server.exists("/c")).toBe(false);
  });

  test("goes when the session of its last child ends", async () => {
    await create("/c", "container");
    const { session } = await server.engine.openSession(0);
    await server.create("/c/e", { sessionId: session.id }, "ephemeral");
    await server.engine.closeSession(session);
    await pass(tickMs);
    expect(server.exists("/c")).toBe(false);
  });

  test("takes those above it along, under one zxid, as far as they are empty", async () => {
    await create("/p");
    for (const path of ["/p/a", "/p/a/b", "/p/a/b/c"]) await create(path, "container");
    await create("/p/a/b/c/d");
    await server.delete("/p/a/b/c/d");
    const { zxid } = server.engine.tree;
    await pass(tickMs);
    expect(server.exists("/p/a")).toBe(false);
    expect(server.exists("/p")).toBe(true);
    expect(server.engine.tree.zxid).toBe(zxid + 1);
  });

  test("is saved by a child that is created before its turn, even if that is not durable yet", async () => {
    await create("/c", "container");
    await create("/c/a");
    await server.delete("/c/a");
    server.journal.hold();
    const child = create("/c/b");
    await pass(2 * tickMs);
    server.journal.release();
    expect(await verdictOf(child)).toBe("ok");
    await pass(10 * tickMs);
    expect(server.exists("/c/b")).toBe(true);
    await server.delete("/c/b");
    await pass(tickMs);
    expect(server.exists("/c")).toBe(false);
  });
});

describe("a node with a TTL", () => {
  test("goes within a tick after its time, not before", async () => {
    await create("/t", "persistentWithTtl");
    await pass(ttlMs);
    expect(server.exists("/t")).toBe(true);
    await pass(tickMs);
    expect(server.exists("/t")).toBe(false);
  });

  test("lives anew with each set", async () => {
    await create("/t", "persistentSequentialWithTtl");
    for (let i = 0; i < 5; i++) {
      await pass(ttlMs - 1);
      await set("/t0000000000");
    }
    expect(server.exists("/t0000000000")).toBe(true);
    await pass(ttlMs + tickMs);
    expect(server.exists("/t0000000000")).toBe(false);
  });

  test("stays while it has children, which do not prolong its time", async () => {
    await create("/t", "persistentWithTtl");
    await create("/t/a");
    await pass(10 * ttlMs);
    expect(server.exists("/t")).toBe(true);
    await server.delete("/t/a");
    await pass(tickMs);
    expect(server.exists("/t")).toBe(false);
  });

  test("goes when its time has passed, however the wall clock was set meanwhile", async () => {
    const yearMs = 365 * 86_400_000;
    await create("/t", "persistentWithTtl");
    const wallMs = server.clock.wallMs();
    server.clock.setWall(wallMs + yearMs);
    await create("/u", "persistentWithTtl");
    await pass(ttlMs - 1_000);
    server.clock.setWall(wallMs - yearMs);
    await create("/v", "persistentWithTtl");
    expect(["/t", "/u", "/v"].map((path) => server.exists(path))).toEqual([true, true, true]);
    await pass(1_000 + tickMs);
    expect(["/t", "/u", "/v"].map((path) => server.exists(path))).toEqual([false, false, true]);
    await pass(ttlMs);
    expect(server.exists("/v")).toBe(false);
  });

  test("keeps its time over a restart, whatever the wall clock did before it or while the server was down", async () => {
    const yearMs = 365 * 86_400_000;
    await create("/t", "persistentWithTtl");
    server.clock.setWall(server.clock.wallMs() + yearMs);
    await create("/u", "persistentWithTtl");
    await pass(2_000);
    await server.engine.stop();
    server.clock.setWall(server.clock.wallMs() - 3 * yearMs);
    const next = await TestEngine.start(new MemoryJournal(server.journal.store), server.clock);
    await pass(2_000, next);
    expect(["/t", "/u"].map((path) => next.exists(path))).toEqual([true, true]);
    await pass(1_000 + tickMs, next);
    expect(["/t", "/u"].map((path) => next.exists(path))).toEqual([false, false]);
    await next.engine.stop();
  });

  test("is not counted more than a bounded part of the time that the server was down", async () => {
    const op = { op: "create", data: new Uint8Array(), mode: "persistentWithTtl" } as const;
    await server.engine.submit({ ...op, path: "/long", ttlMs: downtimeCountedMsMax + 10_000 }, {});
    await server.engine.submit({ ...op, path: "/short", ttlMs: downtimeCountedMsMax - 10_000 }, {});
    await server.engine.stop();
    server.clock.advance(1_000 * downtimeCountedMsMax);
    const jumps: number[] = [];
    const onClockJump = (ms: number) => jumps.push(ms);
    const journal = new MemoryJournal(server.journal.store);
    const next = await TestEngine.start(journal, server.clock, { onClockJump });
    expect(jumps).toEqual([999 * downtimeCountedMsMax]);
    await pass(tickMs, next);
    expect(["/long", "/short"].map((path) => next.exists(path))).toEqual([true, false]);
    await pass(10_000, next);
    expect(next.exists("/long")).toBe(false);
    await next.engine.stop();
  });

  test("is given a moment after a stall, in which what was sent meanwhile is read", async () => {
    await create("/t", "persistentWithTtl");
    server.clock.stall(10 * ttlMs);
    const saved = set("/t");
    await settle();
    expect(await verdictOf(saved)).toBe("ok");
    await pass(ttlMs - tickMs);
    expect(server.exists("/t")).toBe(true);
    await pass(2 * tickMs);
    expect(server.exists("/t")).toBe(false);
  });

  test("goes on a server that does nothing but stall", async () => {
    await create("/t", "persistentWithTtl");
    for (let stalls = 0; stalls < 10 && server.exists("/t"); stalls++) {
      server.clock.stall(tickMs);
      await settle();
    }
    expect(server.exists("/t")).toBe(false);
  });

  test("survives a restart with its time, and goes after one that outlasted it", async () => {
    await create("/old", "persistentWithTtl");
    await create("/c", "container");
    await create("/c/a");
    await pass(ttlMs - 1_000);
    await create("/new", "persistentWithTtl");
    await server.delete("/c/a");
    const { store } = server.journal;
    await server.engine.stop();
    server.clock.advance(2_000);
    const next = await TestEngine.start(new MemoryJournal(store), server.clock);
    expect(["/old", "/new", "/c"].map((path) => next.exists(path))).toEqual([true, true, true]);
    await pass(tickMs, next);
    expect(["/old", "/new", "/c"].map((path) => next.exists(path))).toEqual([false, true, false]);
    await pass(ttlMs, next);
    expect(next.exists("/new")).toBe(false);
    await next.engine.stop();
  });
});

test("what cannot be reaped because the disk is full is tried again", async () => {
  const count = 2 * reapSliceNodes + 1;
  await Promise.all(Array.from({ length: count }, (_, i) => create(`/t${i}`, "persistentWithTtl")));
  server.journal.failNext("full");
  await pass(ttlMs + tickMs / 2);
  await pass(tickMs);
  expect([...server.engine.tree.childNames("/")]).toEqual(["zookeeper"]);
});
