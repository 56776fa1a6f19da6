import { beforeEach, describe, expect, test } from "vitest";
import type { Client, KeptNode, SessionState } from "../../src/client/index.ts";
import { connectClient, eventually, withTime } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let journal: MemoryJournal;
let server: TestServer;
let proxy: FaultProxy;
let client: Client;
let clock: ManualClock;
let states: SessionState[];
let other: Client;

beforeEach(async () => {
  journal = new MemoryJournal();
  server = await startServer({ journal });
  proxy = await FaultProxy.start(server.port);
  ({ client, clock, states } = await connectClient(proxy.address));
  ({ client: other } = await connectClient(server.address));
});

function noting(node: KeptNode): string[] {
  const changes: string[] = [];
  node.onChange((change) =>
    changes.push(change.state === "failed" ? change.error.reason : `${change.state} ${change.path}`),
  );
  return changes;
}

function ownerOf(path: string): number | undefined {
  return server.engine.tree.node(path)?.ephemeralOwner;
}

/** Until the session is lost by the client's clock, while the server sees nothing of it. */
async function loseSession(): Promise<void> {
  proxy.refuse();
  proxy.cut();
  await eventually(() => states.includes("lost"), clock, 50);
  proxy.heal();
}

describe("a node that is kept", () => {
  test("is there, belongs to the session, and goes with its keeper", async () => {
    {
      await using node = await client.keepEphemeral("/s/a", { data: "10.0.0.5:8000", parents: true });
      expect(node.path).toBe("/s/a");
      expect(await other.get("/s/a")).toMatchObject({
        text: "10.0.0.5:8000",
        stat: { ephemeralOwner: client.session!.id },
      });
    }
    expect(await other.exists("/s/a")).toBeUndefined();
    expect(await other.exists("/s")).toMatchObject({ ephemeralOwner: 0 });
  });

  test("is created again in the next session, and says so", async () => {
    const node = await client.keepEphemeral("/a", { data: "1" });
    const changes = noting(node);
    const before = client.session!.id;
    await loseSession();
    expect([changes, node.path]).toEqual([["gone /a"], undefined]);
    await node.set("2");
    await eventually(() => changes.length > 1, clock);
    expect(changes).toEqual(["gone /a", "there /a"]);
    expect(client.session!.id).not.toBe(before);
    expect(ownerOf("/a")).toBe(client.session!.id);
    expect(await other.get("/a")).toMatchObject({ text: "2" });
  });

  test("is created again when somebody deletes it, also while nobody can tell", async () => {
    const node = await client.keepEphemeral("/a", { data: "1" });
    const changes = noting(node);
    await other.delete("/a");
    await eventually(() => changes.length === 2, clock);
    proxy.cut();
    await other.delete("/a");
    await eventually(() => changes.length === 4, clock);
    expect(changes).toEqual(["gone /a", "there /a", "gone /a", "there /a"]);
    expect(ownerOf("/a")).toBe(client.session!.id);
  });

  test("stays what it is over a broken connection", async () => {
    const node = await client.keepEphemeral("/a");
    const changes = noting(node);
    const { czxid } = (await other.exists("/a"))!;
    proxy.cut();
    await eventually(() => states.at(-1) === "connected", clock);
    await node.set("2");
    expect(await other.get("/a")).toMatchObject({ text: "2", stat: { czxid, version: 1 } });
    expect(changes).toEqual([]);
  });

  test("with a number has another one each time", async () => {
    const nodes = await Promise.all(
      Array.from({ length: 3 }, () => client.keepEphemeral("/p-", { sequential: true })),
    );
    expect(new Set(nodes.map(({ path }) => path)).size).toBe(3);
    const [node] = nodes;
    const before = node!.path!;
    const changes = noting(node!);
    await other.delete(before);
    await eventually(() => changes.length === 2, clock);
    expect(node!.path).toBe("/p-0000000003");
  });

  test.each([[false], [true]])(
    "is found, not created twice, when the answer was lost (sequential: %s)",
    async (sequential) => {
      journal.hold();
      const keeping = client.keepEphemeral("/p-", { sequential, data: "1" });
      await journal.commitArrived();
      proxy.cut();
      await eventually(() => proxy.connections === 0);
      journal.release();
      const node = await withTime(keeping, clock);
      expect(node.path).toBe(sequential ? "/p-0000000000" : "/p-");
      expect([...server.engine.tree.childNames("/")]).toEqual([node.path!.slice(1), "zookeeper"]);
      expect(ownerOf(node.path!)).toBe(client.session!.id);
    },
  );

  test("is found by its own keeper only, when several answers were lost", async () => {
    journal.hold();
    const keeping = [1, 2, 3].map((i) => client.keepEphemeral("/p-", { sequential: true, data: `${i}` }));
    await eventually(() => journal.pending?.length === 3 || journal.pending?.length === 1);
    proxy.cut();
    await eventually(() => proxy.connections === 0);
    journal.release();
    const nodes = await withTime(Promise.all(keeping), clock);
    expect(new Set(nodes.map(({ path }) => path)).size).toBe(3);
    expect([...server.engine.tree.childNames("/")]).toHaveLength(4);
  });

  test("has the data that it was given while it was created again", async () => {
    const node = await client.keepEphemeral("/a", { data: "1" });
    journal.hold();
    const deleted = other.delete("/a");
    await journal.commitArrived();
    journal.release();
    journal.hold();
    await deleted;
    await journal.commitArrived();
    await node.set("2");
    journal.release();
    const text = () => Buffer.from(server.engine.tree.data("/a") ?? []).toString();
    await eventually(() => text() === "2", clock);
  });

  test("is gone when another has taken its place and nobody remembers when", async () => {
    const node = await client.keepEphemeral("/a");
    const changes = noting(node);
    proxy.refuse();
    proxy.cut();
    await eventually(() => states.includes("suspended"));
    await other.delete("/a");
    await other.create("/a", "", { mode: "ephemeral" });
    journal.store.compact(server.engine.tree.zxid);
    proxy.heal();
    await eventually(() => changes.length > 0, clock);
    expect([changes, node.path]).toEqual([["gone /a"], undefined]);
    await other.delete("/a");
    await eventually(() => node.path === "/a", clock);
  });

  test("waits for one of the same name that another session left behind", async () => {
    await other.create("/a", "", { mode: "ephemeral" });
    const keeping = client.keepEphemeral("/a");
    await eventually(() => server.engine.watches.streamCount === 1);
    await other.delete("/a");
    expect((await keeping).path).toBe("/a");
    expect(ownerOf("/a")).toBe(client.session!.id);
  });

  test.each([
    ["is taken for good", "/taken", "NODE_EXISTS"],
    ["has no parent", "/none/a", "NO_NODE"],
    ["is none", "relative", "BAD_ARGUMENTS"],
  ])("cannot be kept at a path that %s", async (_, path, reason) => {
    await other.create("/taken");
    await expect(client.keepEphemeral(path)).rejects.toMatchObject({ reason });
  });

  test("is given up waiting for when its time is over", async () => {
    await other.create("/a", "", { mode: "ephemeral" });
    const keeping = client.keepEphemeral("/a", { timeoutMs: 1_000 });
    const refused = expect(keeping).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    await eventually(() => server.engine.watches.streamCount === 1);
    clock.advance(1_000);
    await refused;
  });

  test("that cannot be created again says why, and is once it can", async () => {
    await other.create("/s");
    const node = await client.keepEphemeral("/s/a");
    const changes = noting(node);
    proxy.refuse();
    proxy.cut();
    await eventually(() => states.includes("suspended"));
    await other.delete("/s/a");
    await other.delete("/s");
    proxy.heal();
    await eventually(() => changes.length === 3, clock);
    expect(changes).toEqual(["gone /s/a", "NO_NODE", "NO_NODE"]);
    await other.create("/s");
    await eventually(() => changes.at(-1) === "there /s/a", clock);
  });

  test("is over with its client", async () => {
    const node = await client.keepEphemeral("/a");
    const changes = noting(node);
    await withTime(client.close(), clock);
    await eventually(() => changes.length > 0);
    expect([changes, node.path, ownerOf("/a")]).toEqual([["gone /a"], undefined, undefined]);
    await node[Symbol.asyncDispose]();
  });
});
