import { describe, expect, test } from "vitest";
import { anonymous, type Outcome } from "../../src/core/operation.ts";
import {
  batchBytesMax,
  batchChangesMax,
  dataBytesMax,
  pendingBytesMax,
  pendingWritesMax,
} from "../../src/limits.ts";
import { settle, TestEngine, verdictOf } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

/** An engine whose journal holds the commit of /first, until it is released. */
async function startWithCommitHeld() {
  const server = await TestEngine.start();
  const { journal } = server;
  journal.hold();
  const first = server.create("/first");
  await journal.commitArrived();
  return { server, journal, first };
}

describe("group commit", () => {
  test("what is written while the disk is busy shares the next commit", async () => {
    const { server, journal, first } = await startWithCommitHeld();
    const others = Array.from({ length: 100 }, (_, i) => server.create(`/other-${i}`));
    journal.release();
    expect(await Promise.all([first, ...others].map(verdictOf))).toEqual(new Array(101).fill("ok"));
    expect(journal.acknowledged).toEqual({ batches: 2, transactions: 101 });
  });

  test("the disk has the next batch before anybody is answered for the last", async () => {
    const { server, journal, first } = await startWithCommitHeld();
    const next = server.create("/next");
    journal.release();
    journal.hold();
    expect(await verdictOf(first)).toBe("ok");
    expect(journal.pending).toMatchObject([{ zxid: 2 }]);
    expect(server.exists("/next")).toBe(false);
    journal.release();
    expect(await verdictOf(next)).toBe("ok");
  });

  test("a batch that fails while the last is published takes nothing of it back", async () => {
    const { server, journal, first } = await startWithCommitHeld();
    const next = server.create("/next");
    const then = first.then(() => server.create("/first/then"));
    journal.release();
    journal.hold();
    await first;
    journal.failNext("full");
    journal.release();
    expect(await Promise.all([first, next, then].map(verdictOf))).toEqual(["ok", "DISK_FULL", "DISK_FULL"]);
    expect(await verdictOf(server.create("/first/again"))).toBe("ok");
    expect(server.exists("/next")).toBe(false);
  });

  test("writes of one turn of the event loop share a commit, though the disk is idle", async () => {
    const server = await TestEngine.start();
    await Promise.all([server.create("/a"), server.create("/b"), server.create("/c")]);
    expect(server.journal.acknowledged).toEqual({ batches: 1, transactions: 3 });
  });

  test("nobody sees a change before it is durable, and everybody after", async () => {
    const server = await TestEngine.start();
    server.journal.hold();
    const created = server.create("/a");
    await server.journal.commitArrived();
    expect(server.exists("/a")).toBe(false);
    expect(server.engine.tree.zxid).toBe(0);
    server.journal.release();
    expect(await created).toMatchObject({ ok: true, zxid: 1 });
    expect(server.exists("/a")).toBe(true);
    expect(server.engine.tree.zxid).toBe(1);
  });

  test("pipelined writes see each other, and each is told the Stat as it left it", async () => {
    const server = await TestEngine.start();
    const set = (version: number) =>
      server.engine.submit({ op: "set", path: "/a", data: new Uint8Array(version), version }, anonymous);
    const [created, child, first, second, third] = await Promise.all([
      server.create("/a"),
      server.create("/a/b"),
      set(0),
      set(1),
      set(1),
    ]);
    expect([created, child, first, second].map((outcome) => outcome.ok)).toEqual([true, true, true, true]);
    expect(created).toMatchObject({ zxid: 1, stat: { version: 0, numChildren: 0, cversion: 0 } });
    expect(first).toMatchObject({ zxid: 3, stat: { version: 1, numChildren: 1, mzxid: 3, dataLength: 0 } });
    expect(second).toMatchObject({ zxid: 4, stat: { version: 2, dataLength: 1 } });
    expect(third).toMatchObject({ refusal: { reason: "BAD_VERSION", facts: { expected: 1, actual: 2 } } });
  });

  test("a refusal that was decided on a change waits until that change is durable", async () => {
    const server = await TestEngine.start();
    server.journal.hold();
    const created = server.create("/a");
    await server.journal.commitArrived();
    let told: Outcome | undefined;
    const again = server.create("/a").then((outcome) => {
      told = outcome;
    });
    await settle();
    expect(told).toBeUndefined();
    server.journal.release();
    await Promise.all([created, again]);
    expect(told).toMatchObject({ refusal: { reason: "NODE_EXISTS" } });
  });

  test("a refused write takes no zxid", async () => {
    const server = await TestEngine.start();
    expect(await verdictOf(server.create("/no/parent"))).toBe("NO_NODE");
    expect(await server.create("/a")).toMatchObject({ zxid: 1 });
  });

  test("sync answers when everything before it is visible", async () => {
    const server = await TestEngine.start();
    const sync = () => server.engine.submit({ op: "sync" }, anonymous);
    expect(await sync()).toEqual({ ok: true, zxid: 0 });
    server.journal.hold();
    const created = server.create("/a");
    await server.journal.commitArrived();
    const synced = sync().then((outcome) => ({ outcome, visible: server.exists("/a") }));
    server.journal.release();
    expect(await synced).toEqual({ outcome: { ok: true, zxid: 1 }, visible: true });
    await created;
  });

  test("a batch is bounded in changes and in bytes", async () => {
    const server = await TestEngine.start();
    await Promise.all(Array.from({ length: 2 * batchChangesMax + 1 }, (_, i) => server.create(`/n-${i}`)));
    expect(server.journal.acknowledged.batches).toBe(3);
    const data = new Uint8Array(dataBytesMax);
    const large = Array.from({ length: (2 * batchBytesMax) / dataBytesMax }, (_, i) =>
      server.engine.submit({ op: "set", path: `/n-${i}`, data, version: -1 }, anonymous),
    );
    await Promise.all(large);
    expect(server.journal.acknowledged.batches).toBe(5);
  });
});

describe("limits of the queue", () => {
  test("too many writes at once are refused, and accepted again later", async () => {
    const server = await TestEngine.start();
    server.journal.hold();
    const accepted = Array.from({ length: pendingWritesMax }, () =>
      server.create("/n-", anonymous, "persistentSequential"),
    );
    const overloaded = await server.create("/one-more");
    expect(overloaded).toMatchObject({
      refusal: { reason: "OVERLOADED", facts: { limit: pendingWritesMax } },
    });
    server.journal.release();
    expect((await Promise.all(accepted)).every(({ ok }) => ok)).toBe(true);
    expect(await verdictOf(server.create("/one-more"))).toBe("ok");
  });

  test("too many bytes at once are refused", async () => {
    const server = await TestEngine.start();
    await server.create("/a");
    server.journal.hold();
    const data = new Uint8Array(dataBytesMax);
    const set = () => server.engine.submit({ op: "set", path: "/a", data, version: -1 }, anonymous);
    // Each holds the data before it too, but for the first, of an empty node.
    const accepted = Array.from({ length: pendingBytesMax / dataBytesMax / 2 + 1 }, set);
    expect(await verdictOf(set())).toBe("OVERLOADED");
    server.journal.release();
    expect((await Promise.all(accepted)).every(({ ok }) => ok)).toBe(true);
  });
});

describe("a full disk", () => {
  test("refuses what waits, changes nothing, and is over when there is room again", async () => {
    const server = await TestEngine.start();
    await server.create("/before");
    server.journal.hold();
    server.journal.failNext("full");
    const lost = [server.create("/a"), server.create("/a/b"), server.create("/before")];
    await server.journal.commitArrived();
    lost.push(server.create("/a/b/c"), server.engine.submit({ op: "sync" }, anonymous));
    server.journal.release();
    expect(await Promise.all(lost.map(verdictOf))).toEqual(new Array(5).fill("DISK_FULL"));
    expect(server.exists("/a")).toBe(false);
    expect(server.exists("/before")).toBe(true);
    expect(await server.create("/a")).toMatchObject({ ok: true, zxid: 2 });
    expect(server.failures).toEqual([]);
  });
});

describe("a journal that fails with an unknown outcome", () => {
  test.each(["unknownStored", "unknownLost"] as const)(
    "says so and accepts nothing more: %s",
    async (how) => {
      const server = await TestEngine.start();
      await server.create("/before");
      server.journal.failNext(how);
      expect(await Promise.all([server.create("/a"), server.create("/b")].map(verdictOf))).toEqual([
        "OUTCOME_UNKNOWN",
        "OUTCOME_UNKNOWN",
      ]);
      expect(server.failures).toHaveLength(1);
      expect(server.exists("/a")).toBe(false);
      expect(await verdictOf(server.create("/c"))).toBe("OUTCOME_UNKNOWN");
      const restarted = await TestEngine.start(new MemoryJournal(server.journal.store));
      expect(restarted.exists("/a")).toBe(how === "unknownStored");
      expect(restarted.exists("/b")).toBe(how === "unknownStored");
      expect(restarted.exists("/before")).toBe(true);
    },
  );
});

test("a stop answers what was accepted and refuses the rest", async () => {
  const server = await TestEngine.start();
  server.journal.hold();
  const accepted = server.create("/a");
  await server.journal.commitArrived();
  const queued = server.create("/b");
  const stopped = server.engine.stop();
  expect(await verdictOf(server.create("/c"))).toBe("SHUTTING_DOWN");
  server.journal.release();
  await stopped;
  expect(await Promise.all([accepted, queued].map(verdictOf))).toEqual(["ok", "ok"]);
  expect(server.journal.closed).toBe(true);
  expect(server.clock.pendingTimers).toBe(0);
});
