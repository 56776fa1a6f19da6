import { beforeEach, describe, expect, test } from "vitest";
import { type SessionRecord, tokenOf } from "../../src/core/session.ts";
import type { AttachmentListener, SessionEndCause } from "../../src/engine/session-keeper.ts";
import { settle, TestEngine, tickMs, verdictOf } from "../support/engine.ts";

let server: TestEngine;

beforeEach(async () => {
  server = await TestEngine.start();
});

/** Writes down what the holder of a session is told. */
class Holder implements AttachmentListener {
  readonly told: string[] = [];

  moved(): void {
    this.told.push("moved");
  }

  ended(cause: SessionEndCause, zxid: number): void {
    this.told.push(`${cause} ${zxid}`);
  }

  ephemeralsLost(paths: readonly string[], zxid: number): void {
    this.told.push(`lost ${paths.join(" ")} ${zxid}`);
  }
}

async function open(askedMs = 10_000): Promise<SessionRecord> {
  return (await server.engine.openSession(askedMs)).session;
}

async function openWithNode(path = "/e"): Promise<SessionRecord> {
  const session = await open();
  expect(await verdictOf(server.create(path, { sessionId: session.id }, "ephemeral"))).toBe("ok");
  return session;
}

async function pass(ms: number): Promise<void> {
  // Small steps: expiry looks at the clock in between, as it does in a living process.
  for (let left = ms; left > 0; left -= 100) {
    server.clock.advance(Math.min(100, left));
    await settle();
  }
}

describe("negotiation clamps and never refuses", () => {
  test.each([
    [0, 5 * tickMs],
    [-1, 2 * tickMs],
    [1, 2 * tickMs],
    [2 * tickMs, 2 * tickMs],
    [10_000, 10_000],
    [20 * tickMs, 20 * tickMs],
    [2_147_483_647, 20 * tickMs],
  ])("asked for %i, granted %i", async (askedMs, grantedMs) => {
    expect((await open(askedMs)).timeoutMs).toBe(grantedMs);
  });
});

describe("tokens", () => {
  test("every wrong one is refused alike", async () => {
    const session = await open();
    const token = tokenOf(session);
    expect(server.engine.authenticate(token)).toBe(session);
    for (const wrong of [
      "",
      "x",
      `${token}x`,
      token.slice(0, -1),
      `${session.id}.`,
      `9${token}`,
      "1.",
      ".s",
    ]) {
      expect(() => server.engine.authenticate(wrong)).toThrow("expired or is unknown");
    }
    await server.engine.closeSession(session);
    expect(() => server.engine.authenticate(token)).toThrow("expired or is unknown");
  });

  test("a session's id is the zxid of its opening", async () => {
    await server.create("/a");
    expect((await server.engine.openSession(0)).session.id).toBe(2);
  });
});

describe("expiry", () => {
  test("comes between the timeout and a tick later, and takes the ephemeral nodes along", async () => {
    await server.create("/p");
    for (const offsetMs of [0, 100, 499, 500, 1_999]) {
      await pass(offsetMs);
      const path = `/p/e-${offsetMs}`;
      await openWithNode(path);
      await pass(10_000 - 1);
      expect(server.exists(path)).toBe(true);
      await pass(tickMs / 2 + 1);
      expect(server.exists(path)).toBe(false);
      expect(server.exists("/p")).toBe(true);
      expect(server.engine.tree.sessionCount).toBe(0);
    }
  });

  test("never comes while heartbeats come at four fifths of the timeout", async () => {
    const session = await openWithNode();
    const attachment = await server.engine.attach(session, 0, new Holder());
    for (let beats = 0; beats < 50; beats++) {
      await pass(8_000);
      attachment.beat();
      expect(attachment.expiresInMs()).toBe(10_000);
    }
    expect(server.exists("/e")).toBe(true);
    await pass(10_000 + tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("is not put off by other calls of the session", async () => {
    const session = await openWithNode();
    for (let i = 0; i < 6; i++) {
      await pass(2_000);
      await server.create(`/call-${i}`, { sessionId: session.id });
    }
    expect(server.exists("/e")).toBe(false);
  });

  test("does not care about the wall clock", async () => {
    await openWithNode();
    server.clock.setWall(server.clock.wallMs() + 3_600_000);
    await pass(9_000);
    server.clock.setWall(server.clock.wallMs() - 7_200_000);
    await pass(900);
    expect(server.exists("/e")).toBe(true);
    await pass(tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("waits for as long as the process stood still", async () => {
    const session = await openWithNode();
    await pass(5_000);
    server.clock.stall(60_000);
    await settle();
    expect(server.exists("/e")).toBe(true);
    await pass(4_900);
    expect(server.exists("/e")).toBe(true);
    await pass(tickMs);
    expect(server.exists("/e")).toBe(false);
    expect(server.engine.tree.session(session.id)).toBeUndefined();
  });

  test("comes to a silent session on a server that does nothing but stall, and to none that is heard between stalls", async () => {
    const silent = await openWithNode("/silent");
    const heard = await openWithNode("/heard");
    const attachment = await server.engine.attach(heard, 0, new Holder());
    for (let stalls = 0; stalls < 100; stalls++) {
      server.clock.stall(1_010);
      await settle();
      // Its heartbeats come four at a time, from what the sockets held.
      if (stalls % 4 === 3) attachment.beat();
      // Two stalls for each tick of its timeout, and the one before any counted.
      if (stalls === 12) expect(server.exists("/silent")).toBe(false);
    }
    expect(server.engine.tree.session(silent.id)).toBeUndefined();
    expect(server.exists("/heard")).toBe(true);
  });

  test("starts over with a restart", async () => {
    await openWithNode();
    await pass(9_500);
    await server.engine.stop();
    server = await TestEngine.start(server.journal.crash({ pendingStored: false }));
    await pass(9_900);
    expect(server.exists("/e")).toBe(true);
    await pass(tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("of a session whose close cannot be stored is tried again until it can", async () => {
    const session = await openWithNode();
    const holder = new Holder();
    const attachment = await server.engine.attach(session, 0, holder);
    await pass(9_900);
    server.journal.failNext("full");
    await pass(200);
    expect(server.exists("/e")).toBe(true);
    attachment.beat(); // What has run out stays out.
    await expect(server.engine.attach(session, 0, new Holder())).rejects.toThrow("expired");
    await pass(tickMs / 4);
    expect(server.exists("/e")).toBe(false);
    expect(holder.told).toEqual(["expired 3"]);
  });

  test("of ten thousand sessions at once deletes everything of theirs and nothing else", async () => {
    await server.create("/p");
    const kept = await openWithNode("/kept");
    const sessions = await Promise.all(Array.from({ length: 10_000 }, () => open()));
    await Promise.all(
      sessions.map(({ id }) => server.create("/p/e-", { sessionId: id }, "ephemeralSequential")),
    );
    const attachment = await server.engine.attach(kept, 40_000, new Holder());
    expect(server.engine.tree.node("/p")?.numChildren).toBe(10_000);
    await pass(10_000 + tickMs);
    for (let turn = 0; turn < 50; turn++) await settle();
    expect(server.engine.tree.node("/p")?.numChildren).toBe(0);
    expect(server.engine.tree.sessionCount).toBe(1);
    expect(server.exists("/kept")).toBe(true);
    attachment.detach();
  });
});

test("a marked write is answered again after the end of its session", async () => {
  const session = await open();
  const caller = { sessionId: session.id, request: { key: "k", fingerprint: "f" } };
  const first = await server.create("/order-", caller, "persistentSequential");
  await server.engine.closeSession(session);
  expect(await server.create("/order-", caller, "persistentSequential")).toEqual(first);
  const other = { ...caller, request: { key: "other", fingerprint: "f" } };
  expect(await verdictOf(server.create("/order-", other))).toBe("SESSION_EXPIRED");
});

describe("an attachment", () => {
  test("is taken over by the next one, and its late heartbeats count no more", async () => {
    const session = await openWithNode();
    const [first, second] = [new Holder(), new Holder()];
    const old = await server.engine.attach(session, 0, first);
    await pass(5_000);
    await server.engine.attach(session, 0, second);
    expect(first.told).toEqual(["moved"]);
    await pass(9_000);
    old.beat();
    old.detach();
    await pass(1_000 + tickMs);
    expect(server.exists("/e")).toBe(false);
    expect(second.told).toEqual([`expired ${server.engine.tree.zxid}`]);
    expect(first.told).toEqual(["moved"]);
  });

  test("counts as life from the moment it is asked for, however long its new timeout waits for the disk", async () => {
    const session = await openWithNode();
    await pass(9_000);
    server.journal.hold();
    const attaching = server.engine.attach(session, 20_000, new Holder());
    await pass(60_000);
    expect(server.exists("/e")).toBe(true);
    server.journal.release();
    const attachment = await attaching;
    expect(attachment.session.timeoutMs).toBe(20_000);
    expect(attachment.expiresInMs()).toBe(20_000);
    await pass(20_000 + tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("is never taken away by one that came before it and had to wait for the disk", async () => {
    const session = await openWithNode();
    const [early, late] = [new Holder(), new Holder()];
    server.journal.hold();
    const waiting = server.engine.attach(session, 20_000, early);
    const living = server.engine.attach(session, 0, late);
    server.journal.release();
    (await waiting).detach();
    const attachment = await living;
    expect(early.told).toEqual(["moved"]);
    expect(late.told).toEqual([]);
    // What the later one was told is true: the earlier one's timeout came before its own.
    expect(attachment.session.timeoutMs).toBe(10_000);
    await pass(9_000);
    attachment.beat();
    await pass(9_000);
    expect(server.exists("/e")).toBe(true);
  });

  test("whose timeout cannot be stored is let go, and the session lives on", async () => {
    const session = await openWithNode();
    server.journal.failNext("full");
    await expect(server.engine.attach(session, 20_000, new Holder())).rejects.toThrow("full");
    expect(server.engine.sessions.figures.attached).toBe(0);
    await pass(9_000);
    expect(server.exists("/e")).toBe(true);
    await pass(1_000 + tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("can be let go without ending the session, and taken up again within the timeout", async () => {
    const session = await openWithNode();
    (await server.engine.attach(session, 0, new Holder())).detach();
    await pass(9_000);
    const attachment = await server.engine.attach(session, 0, new Holder());
    await pass(9_000);
    expect(server.exists("/e")).toBe(true);
    expect(attachment.expiresInMs()).toBe(1_000);
  });

  test("negotiates the timeout anew when asked, and the new one survives a restart", async () => {
    const session = await open(10_000);
    const attachment = await server.engine.attach(session, 30_000, new Holder());
    expect(attachment.session.timeoutMs).toBe(30_000);
    expect(attachment.expiresInMs()).toBe(30_000);
    await server.engine.stop();
    server = await TestEngine.start(server.journal.crash({ pendingStored: false }));
    expect(server.engine.tree.session(session.id)?.timeoutMs).toBe(30_000);
  });

  test("a shorter timeout counts at once", async () => {
    const session = await openWithNode();
    await server.engine.attach(session, 4_000, new Holder());
    await pass(4_000 + tickMs);
    expect(server.exists("/e")).toBe(false);
  });

  test("hears of ephemeral nodes that others delete, not of those that its own session deletes", async () => {
    const session = await openWithNode("/e1");
    const owner = { sessionId: session.id };
    await server.create("/e2", owner, "ephemeral");
    const holder = new Holder();
    await server.engine.attach(session, 0, holder);
    await server.delete("/e2", owner);
    const deleted = await server.delete("/e1");
    expect(holder.told).toEqual([`lost /e1 ${deleted.ok && deleted.zxid}`]);
  });

  test("hears that the session was closed, although an operator tried to end it before and could not", async () => {
    const session = await openWithNode();
    const holder = new Holder();
    await server.engine.attach(session, 0, holder);
    server.journal.failNext("full");
    await expect(server.engine.expireSession(session.id, {})).rejects.toThrow("full");
    server.clock.advance(tickMs);
    await settle();
    const zxid = await server.engine.closeSession(session);
    expect(holder.told).toEqual([`closed ${zxid}`]);
  });

  test("hears of the close, whoever asked for it, after the nodes are gone", async () => {
    const session = await openWithNode();
    const holder = new Holder();
    await server.engine.attach(session, 0, holder);
    const zxid = await server.engine.closeSession(session);
    expect(holder.told).toEqual([`closed ${zxid}`]);
    expect(server.exists("/e")).toBe(false);
    await expect(server.engine.closeSession(session)).rejects.toThrow("expired");
    await expect(server.engine.attach(session, 0, holder)).rejects.toThrow("expired");
  });
});
