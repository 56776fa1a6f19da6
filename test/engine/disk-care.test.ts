import { expect, test } from "vitest";
import type { AlarmName } from "../../src/engine/alarms.ts";
import { careIntervalMs } from "../../src/limits.ts";
import { settle, TestEngine, verdictOf } from "../support/engine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

async function start(settings: { readonly diskLowBytes?: number } = {}) {
  const told: [what: string, name: AlarmName][] = [];
  const server = await TestEngine.start(new MemoryJournal(), new ManualClock(), {
    settings,
    onAlarm: {
      raised: ({ name }) => told.push(["raised", name]),
      cleared: ({ name }) => told.push(["cleared", name]),
    },
  });
  /** The journal looks after its disk. */
  const look = async () => {
    server.clock.advance(careIntervalMs);
    await settle();
  };
  return { server, told, look };
}

/** The disk is full, and stays so until the test makes room. */
async function fill(server: TestEngine): Promise<void> {
  server.journal.isFull = true;
  server.journal.failNext("full");
  expect(await verdictOf(server.set("/a", "more"))).toBe("DISK_FULL");
  await settle();
}

test("while the disk is full, what adds is refused without being tried, and what takes away is done", async () => {
  const { server, look } = await start();
  for (const path of ["/a", "/b", "/c", "/d"]) await server.create(path);
  const { session } = await server.engine.openSession(10_000);
  await server.create("/e", { sessionId: session.id }, "ephemeral");
  await fill(server);
  await look();
  const { batches } = server.journal.acknowledged;
  const data = Buffer.from("x");
  const submit = (operation: Parameters<typeof server.engine.submit>[0]) =>
    verdictOf(server.engine.submit(operation, {}));
  const remove = { op: "delete", path: "/b", version: -1 } as const;
  const write = { op: "set", path: "/a", data, version: -1 } as const;
  const transact = { op: "transact", conditions: [], elseOperations: [] } as const;
  expect(await verdictOf(server.create("/new"))).toBe("DISK_FULL");
  expect(await verdictOf(server.set("/a", "x"))).toBe("DISK_FULL");
  expect(await submit({ op: "setAcl", path: "/a", acl: [], aversion: -1 })).toBe("DISK_FULL");
  expect(await submit({ ...transact, operations: [remove, write] })).toBe("DISK_FULL");
  await expect(server.engine.openSession(10_000)).rejects.toMatchObject({ refusal: { reason: "DISK_FULL" } });
  expect(server.journal.acknowledged.batches).toBe(batches);

  expect(await submit({ op: "sync" })).toBe("ok");
  expect(await submit({ op: "read", operation: { op: "get", path: "/a" } })).toBe("ok");
  expect(await submit({ ...transact, operations: [remove] })).toBe("ok");
  expect(await verdictOf(server.delete("/c"))).toBe("ok");
  await server.engine.attach(session, 20_000, { moved() {}, ended() {}, ephemeralsLost() {} });
  await server.engine.closeSession(session);
  expect(["/a", "/b", "/c", "/d", "/e"].filter((path) => server.exists(path))).toEqual(["/a", "/d"]);
});

test("the alarm is raised when a commit does not fit, and is over by itself when there is room", async () => {
  const { server, told, look } = await start();
  await server.create("/a");
  await fill(server);
  expect(server.engine.alarms.active).toMatchObject([{ name: "disk_full", message: /make room/ }]);
  await look();
  expect(told).toEqual([["raised", "disk_full"]]);
  server.journal.isFull = false;
  await look();
  expect(told).toEqual([
    ["raised", "disk_full"],
    ["cleared", "disk_full"],
  ]);
  expect(await verdictOf(server.set("/a", "more"))).toBe("ok");
});

test("a server that starts on a full disk finds out before anybody writes", async () => {
  const { server, told, look } = await start();
  server.journal.isFull = true;
  await look();
  expect(told).toEqual([["raised", "disk_full"]]);
  expect(await verdictOf(server.create("/a"))).toBe("DISK_FULL");
});

test("a disk is low below the bound, and no longer once there is a quarter more", async () => {
  const { server, told, look } = await start({ diskLowBytes: 1_000 });
  for (const free of [1_000, 999, 1_100, 500, 1_249, 1_250, 1_100]) {
    server.journal.freeBytes = free;
    await look();
  }
  expect(told).toEqual([
    ["raised", "disk_low"],
    ["cleared", "disk_low"],
  ]);
});

test("a full disk stays low, although the reserve makes room", async () => {
  const { server, told, look } = await start({ diskLowBytes: 1_000 });
  server.journal.freeBytes = 0;
  await look();
  server.journal.isFull = true;
  server.journal.freeBytes = 2_000;
  await look();
  expect(told).toEqual([
    ["raised", "disk_low"],
    ["raised", "disk_full"],
  ]);
});

test("with a bound of 0 no disk is low", async () => {
  const { server, told, look } = await start({ diskLowBytes: 0 });
  server.journal.freeBytes = 0;
  await look();
  expect(told).toEqual([]);
});

test("a journal that fails at it ends the server", async () => {
  const { server, look } = await start();
  server.journal.care = () => Promise.reject(new Error("the disk is gone"));
  await look();
  expect(server.failures).toMatchObject([{ message: "the disk is gone" }]);
});
