// How many sessions and watches one address, or one identity, may have.
import { expect, test } from "vitest";
import type { Identity } from "../../src/core/identity.ts";
import type { Caller } from "../../src/core/operation.ts";
import type { Refusal } from "../../src/core/refusal.ts";
import { watchSpec } from "../../src/core/watch.ts";
import type { WatchMessage } from "../../src/engine/outbox.ts";
import type { AttachmentListener } from "../../src/engine/session-keeper.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

const here: Caller = { address: "10.0.0.1" };
const there: Caller = { address: "10.0.0.2" };
const nobody: AttachmentListener = { moved: () => {}, ended: () => {}, ephemeralsLost: () => {} };

function start(journal?: MemoryJournal): Promise<TestEngine> {
  const settings = { maxSessionsPerAddress: 2, maxWatchesPerAddress: 2 };
  return TestEngine.start(journal, undefined, { settings });
}

async function open({ engine }: TestEngine, caller: Caller) {
  return (await engine.openSession(0, "", caller)).session;
}

const tooMany = {
  refusal: { reason: "TOO_MANY_SESSIONS", facts: { limit: 2, address: "10.0.0.1" } },
};

test("an address has its sessions, however they came and whatever others have", async () => {
  const server = await start();
  const first = await open(server, here);
  await open(server, here);
  await expect(open(server, here)).rejects.toMatchObject(tooMany);
  await open(server, there);
  for (let i = 0; i < 3; i++) await server.engine.openSession(0);
  await server.engine.closeSession(first);
  await open(server, here);
  await expect(open(server, here)).rejects.toMatchObject(tooMany);
});

test("sessions that are being opened count, and those that could not be do not", async () => {
  const server = await start();
  server.journal.hold();
  server.journal.failNext("full");
  const opening = [open(server, here), open(server, here), open(server, here)];
  const settled = Promise.allSettled(opening);
  server.journal.release();
  const reasons = (await settled).map(
    (result) => result.status === "rejected" && result.reason.refusal.reason,
  );
  expect(reasons).toEqual(["DISK_FULL", "DISK_FULL", "TOO_MANY_SESSIONS"]);
  await open(server, here);
  await open(server, here);
  await expect(open(server, here)).rejects.toMatchObject(tooMany);
});

test("a session that expires gives its place back", async () => {
  const server = await start();
  await open(server, here);
  await open(server, here);
  server.clock.advance(20_000);
  await settle();
  expect(server.engine.tree.sessionCount).toBe(0);
  await open(server, here);
});

test("an identity has its sessions wherever it is, and is named without the hash of its password", async () => {
  const server = await TestEngine.start(undefined, undefined, { settings: { maxSessionsPerIdentity: 1 } });
  const as = (address: string, ...identities: Identity[]) => ({
    address,
    identities: [{ scheme: "ip", id: address }, ...identities],
  });
  const ada = { scheme: "digest", id: "ada:hash" };
  const cert = { scheme: "x509", id: "CN=ada" };
  const full = (identity: string) => ({
    refusal: { reason: "TOO_MANY_SESSIONS", facts: { limit: 1, identity } },
  });
  const session = await open(server, as("1.1.1.1", ada));
  await expect(open(server, as("2.2.2.2", ada))).rejects.toMatchObject(full("digest:ada"));
  await open(server, as("1.1.1.1", { scheme: "digest", id: "ada:other" }));
  await open(server, as("1.1.1.1", cert));
  await expect(open(server, as("1.1.1.1", ada, cert))).rejects.toMatchObject(full("digest:ada"));
  for (let i = 0; i < 2; i++) {
    await open(server, as("1.1.1.1"));
    await open(server, as("1.1.1.1", { scheme: "super", id: "root" }, ada));
  }
  await server.engine.closeSession(session);
  await expect(open(server, as("1.1.1.1", ada, cert))).rejects.toMatchObject(full("x509:CN=ada"));
  await open(server, as("1.1.1.1", ada));
});

test("after a restart sessions count for who attaches to them, and none of them is refused", async () => {
  const before = await start();
  const sessions = [await open(before, here), await open(before, here), await open(before, there)];
  const server = await start(new MemoryJournal(before.journal.store));
  for (const session of sessions) {
    for (let i = 0; i < 2; i++) await server.engine.attach(session, 0, nobody, here);
  }
  await expect(open(server, here)).rejects.toMatchObject(tooMany);
  await server.engine.closeSession(sessions[0]!);
  await expect(open(server, here)).rejects.toMatchObject(tooMany);
  await server.engine.closeSession(sessions[1]!);
  await open(server, here);
});

test("an address has its watches, on all its streams, and cancelled ones leave room", async () => {
  const { engine } = await start();
  const told: (Refusal | undefined)[] = [];
  const sink = {
    send: ({ canceled }: WatchMessage, sent: () => void) => {
      told.push(...canceled.map(({ refusal }) => refusal));
      queueMicrotask(sent);
    },
    cut: () => {},
  };
  const watch = (caller: Caller) =>
    engine.watch(
      { peer: "", sessionId: undefined, address: caller.address!, identities: caller.identities ?? [] },
      sink,
    ).stream;
  const spec = watchSpec("exists", "all", { withData: false, withPreviousData: false, asText: false });
  const [first, second, other] = [watch(here), watch(here), watch(there)];
  const add = (stream: typeof first, id: number) => {
    engine.watches.add(stream, { id, path: `/${id}`, spec, afterZxid: undefined });
    stream.flush();
  };
  add(first, 1);
  add(second, 1);
  add(second, 2);
  add(other, 1);
  await settle();
  expect(told).toMatchObject([{ reason: "TOO_MANY_WATCHES", facts: { limit: 2, address: "10.0.0.1" } }]);
  engine.watches.cancel(first, 1);
  add(second, 3);
  await settle();
  expect(told).toHaveLength(1);
  expect([...second.watches.keys()]).toEqual([1, 3]);
  engine.watches.close(second);
  await settle();
  add(first, 4);
  add(first, 5);
  expect([...first.watches.keys()]).toEqual([4, 5]);
});
