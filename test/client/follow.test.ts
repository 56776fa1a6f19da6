import { beforeEach, describe, expect, test } from "vitest";
import { followNode } from "../../src/client/follow.ts";
import type { ChildrenView, Client } from "../../src/client/index.ts";
import { NodeValue } from "../../src/client/node.ts";
import { collect, connectClient, settle, withTime } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

let store: MemoryStore;
let server: TestServer;
let proxy: FaultProxy;
let client: Client;
let clock: ManualClock;
let writer: Client;

beforeEach(async () => {
  store = new MemoryStore();
  server = await startServer({ journal: new MemoryJournal(store) });
  proxy = await FaultProxy.start(server.port);
  ({ client, clock } = await connectClient(proxy.address, { sessionTimeoutMs: false }));
  ({ client: writer } = await connectClient(server.address, { sessionTimeoutMs: false }));
});

/** Breaks the connection for as long as it takes to do something that the server then forgets. */
async function unseen(work: () => Promise<unknown>): Promise<void> {
  proxy.refuse();
  proxy.cut();
  await settle();
  await work();
  store.compact(server.engine.tree.zxid);
  proxy.heal();
}

describe("a node that is followed", () => {
  async function text(values: AsyncIterator<NodeValue | undefined>): Promise<string | undefined> {
    const { value, done } = await withTime(values.next(), clock);
    expect(done).toBe(false);
    return value?.text;
  }

  test("is seen as it is, and then after each change, missing or not", async () => {
    const values = client.follow("/a");
    expect(await text(values)).toBeUndefined();
    await writer.create("/a", "20");
    await writer.set("/a", "30");
    expect([await text(values), await text(values)]).toEqual(["20", "30"]);
    await writer.delete("/a");
    await writer.create("/a", "40");
    expect([await text(values), await text(values)]).toEqual([undefined, "40"]);
    expect(await text(client.follow("/a"))).toBe("40");
  });

  test("is seen with every change that is made while it is being read", async () => {
    await writer.create("/a", "0");
    const writing = (async () => {
      for (let i = 1; i <= 300; i++) await writer.set("/a", `${i}`);
    })();
    for (let follower = 0; follower < 20; follower++) {
      const values = client.follow("/a");
      let last = Number(await text(values));
      for (let i = 0; i < 10 && last < 290; i++) {
        const next = Number(await text(values));
        expect(next).toBe(last + 1);
        last = next;
      }
      await values.return();
    }
    await writing;
  });

  test("is read anew when the server has forgotten what happened", async () => {
    await writer.create("/a", "20");
    const values = client.follow("/a");
    expect(await text(values)).toBe("20");
    const next = text(values);
    await unseen(async () => {
      await writer.set("/a", "30");
      await writer.delete("/a");
      await writer.create("/a", "40");
    });
    expect(await next).toBe("40");
    await writer.set("/a", "50");
    expect(await text(values)).toBe("50");
  });

  test("is read when its data did not fit into an event, and then not shown as it was before", async () => {
    const stat = { ...(await writer.create("/a", "20")).stat, version: 3 };
    const omitted = { kind: "nodeDataChanged", path: "/a", zxid: 5, dataOmitted: true, stat };
    const events = [omitted, { ...omitted, zxid: 6 }, { ...omitted, zxid: 10, kind: "nodeDeleted" }];
    const reads = [
      new NodeValue("/a", Buffer.from("1"), stat, 4),
      new NodeValue("/a", Buffer.from("3"), stat, 9),
    ];
    const fake = {
      look: async () => ({ stat, zxid: 4 }),
      get: async () => reads.shift(),
      async *watch() {
        yield* events;
      },
    };
    const values = followNode(fake as unknown as Client, "/a", new AbortController().signal);
    expect((await collect(values)).map((node) => node?.text)).toEqual(["1", "3", undefined]);
  });

  test("is left in the middle of waiting, by return, by signal and by closing the client", async () => {
    const [left, closed] = [client.follow("/a"), client.follow("/a")];
    const given = new AbortController();
    const signalled = client.follow("/a", { signal: given.signal });
    for (const values of [left, signalled, closed]) await text(values);
    const pending = left.next();
    await left.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    const refused = expect(signalled.next()).rejects.toThrow("enough");
    given.abort(new Error("enough"));
    await refused;
    const last = closed.next();
    await withTime(client.close(), clock);
    expect(await last).toEqual({ done: true, value: undefined });
  });
});

describe("children that are followed", () => {
  async function view(views: AsyncIterator<ChildrenView>) {
    const { value } = await withTime(views.next(), clock);
    const texts = [...value!.children].map(([name, { text }]) => [name, text]);
    return { texts: Object.fromEntries(texts), changed: value!.changed };
  }

  test("are seen as they are, and then after each change", async () => {
    const views = client.followChildren("/s");
    expect(await view(views)).toEqual({ texts: {}, changed: [] });
    await writer.create("/s");
    await writer.create("/s/a", "1");
    expect(await view(views)).toEqual({ texts: { a: "1" }, changed: ["a"] });
    await writer.create("/s/b", "2");
    await writer.create("/s/b/below");
    await writer.set("/s/a", "3");
    await writer.delete("/s/a");
    expect(await view(views)).toEqual({ texts: { a: "1", b: "2" }, changed: ["b"] });
    expect(await view(views)).toEqual({ texts: { a: "3", b: "2" }, changed: ["a"] });
    expect(await view(views)).toEqual({ texts: { b: "2" }, changed: ["a"] });
    expect(await view(client.followChildren("/s"))).toEqual({ texts: { b: "2" }, changed: ["b"] });
  });

  test("are many, and are what the server has whenever they come and go", async () => {
    await writer.create("/s");
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => writer.create(`/s/${i}`, `${i}`)));
    const churn = (async () => {
      for (let i = 0; i < 200; i++) {
        await writer.delete(`/s/${i}`);
        await writer.create(`/s/new-${i}`, `${i}`);
      }
      await writer.create("/s/last");
    })();
    for await (const { children } of client.followChildren("/s")) {
      if (children.has("last")) {
        expect(new Set(children.keys())).toEqual(new Set(server.engine.tree.childNames("/s")));
        break;
      }
    }
    await churn;
  });

  test("are never shown as they were before, when they change while they are read", async () => {
    await writer.create("/s");
    const names = Array.from({ length: 300 }, (_, i) => `${i}`);
    await Promise.all(names.map((name) => writer.create(`/s/${name}`)));
    const writing = (async () => {
      for (let i = 0; i < 3; i++) await Promise.all(names.map((name) => writer.set(`/s/${name}`, `${i}`)));
    })();
    const seen = new Map<string, number>();
    const left = new Set(names);
    for await (const { children, changed } of client.followChildren("/s")) {
      for (const name of changed) {
        const { stat, text } = children.get(name)!;
        expect(stat.version).toBe((seen.get(name) ?? stat.version - 1) + 1);
        seen.set(name, stat.version);
        if (text === "2") left.delete(name);
      }
      if (left.size === 0) break;
    }
    await writing;
  });

  test("are read anew when the server has forgotten what happened", async () => {
    await writer.create("/s");
    for (const name of ["a", "b", "c"]) await writer.create(`/s/${name}`, "1");
    const views = client.followChildren("/s");
    await view(views);
    const next = view(views);
    await unseen(async () => {
      await writer.delete("/s/a");
      await writer.set("/s/b", "2");
      await writer.create("/s/d", "1");
    });
    expect(await next).toEqual({ texts: { b: "2", c: "1", d: "1" }, changed: ["a", "b", "d"] });
  });

  test("of a node that is deleted are gone", async () => {
    await writer.create("/s/a", "1", { parents: true });
    const views = client.followChildren("/s");
    await view(views);
    await writer.delete("/s/a");
    await writer.delete("/s");
    expect(await view(views)).toEqual({ texts: {}, changed: ["a"] });
  });
});
