import { describe, expect, onTestFinished, test } from "vitest";
import { openAcl } from "../../src/core/acl.ts";
import type { Change, Transaction } from "../../src/core/change.ts";
import { reservedNodes } from "../../src/core/reserved.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { dataBytesMax, ttlMsMax } from "../../src/limits.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-journal.ts";
import {
  aclFor,
  aclSet,
  allHistory,
  at,
  created,
  dataSet,
  deleted,
  type LoadedState,
  loadAll,
  plain,
  tempDir,
} from "./state.ts";

/** Each answers how to open the same journal, again and again. */
const journals: Record<string, () => () => Promise<Journal>> = {
  memory: () => {
    const store = new MemoryStore();
    return async () => new MemoryJournal(store);
  },
  sqlite: () => {
    const dataDir = tempDir();
    return () => openSqliteJournal({ dataDir });
  },
};

describe.each(Object.entries(journals))("the %s journal", (_name, prepare) => {
  let reopen: () => Promise<Journal>;

  async function openEmpty(): Promise<Journal> {
    reopen = prepare();
    return reopened();
  }

  async function reopened(): Promise<Journal> {
    const journal = await reopen();
    onTestFinished(() => journal.close());
    return journal;
  }

  /** The state that a restart finds. */
  async function afterRestart(journal: Journal): Promise<LoadedState> {
    await journal.close();
    return loadAll(await reopened());
  }

  test("starts with the reserved nodes at zxid 0", async () => {
    const { lastZxid, nodes, sessions } = await loadAll(await openEmpty());
    expect(lastZxid).toBe(0);
    expect(sessions).toEqual([]);
    expect([...nodes].map(([path, { record }]) => ({ path, record }))).toEqual(reservedNodes);
  });

  test("keeps a created node, and counts it on its parent", async () => {
    const journal = await openEmpty();
    await journal.commit([at(7, created("/a", { data: "20", owner: 3, parentCreates: 5 }))]);
    const { lastZxid, nodes } = await afterRestart(journal);
    expect(lastZxid).toBe(7);
    expect(nodes.get("/a")).toEqual({
      data: "20",
      record: {
        czxid: 7,
        mzxid: 7,
        pzxid: 7,
        ctimeMs: 1_000_007,
        mtimeMs: 1_000_007,
        version: 0,
        creates: 0,
        aversion: 0,
        ephemeralOwner: 3,
        lifetimeMs: 0,
        acl: openAcl,
        dataLength: 2,
        numChildren: 0,
      },
    });
    expect(nodes.get("/")?.record).toMatchObject({ pzxid: 7, creates: 5, mzxid: 0, version: 0 });
  });

  test("keeps new data with their version and time, and leaves the rest", async () => {
    const journal = await openEmpty();
    await journal.commit([at(1, created("/a", { data: "20" }))]);
    await journal.commit([at(2, dataSet("/a", "thirty", 1))]);
    const { nodes } = await afterRestart(journal);
    expect(nodes.get("/a")).toMatchObject({
      data: "thirty",
      record: {
        czxid: 1,
        mzxid: 2,
        pzxid: 1,
        ctimeMs: 1_000_001,
        mtimeMs: 1_000_002,
        version: 1,
        dataLength: 6,
      },
    });
    expect(nodes.get("/")?.record.pzxid).toBe(1);
  });

  test("keeps how long a node lives", async () => {
    const journal = await openEmpty();
    const lifetimes = [-1, 0, 1, ttlMsMax];
    const changes = lifetimes.map((lifetimeMs) => created(`/n${lifetimeMs}`, { lifetimeMs }));
    await journal.commit([at(1, ...changes)]);
    const { nodes } = await afterRestart(journal);
    expect(lifetimes.map((each) => nodes.get(`/n${each}`)?.record.lifetimeMs)).toEqual(lifetimes);
  });

  test("keeps who may do what, also when it is set again, shared or taken back", async () => {
    const journal = await openEmpty();
    const [ada, bob] = [aclFor("ada"), aclFor("bob, the \u00fcber-builder")];
    await journal.commit([
      at(1, created("/a", { acl: ada }), created("/b", { acl: ada, parentCreates: 2 })),
      at(2, created("/c", { acl: bob, parentCreates: 3 }), aclSet("/b", openAcl, 1)),
    ]);
    await journal.commit([at(3, aclSet("/a", bob, 1))]);
    const { nodes } = await afterRestart(journal);
    const lists = ["/a", "/b", "/c", "/zookeeper/config"].map((path) => nodes.get(path)?.record.acl.text);
    expect(lists).toEqual([bob.text, "", bob.text, "world:anyone:r"]);
    expect(nodes.get("/a")?.record).toMatchObject({ aversion: 1, czxid: 1, mzxid: 1, pzxid: 1, version: 0 });
  });

  test("keeps who an ephemeral node belongs to when it changes hands", async () => {
    const journal = await openEmpty();
    await journal.commit([at(7, created("/e", { owner: 3 })), at(8, dataSet("/e", "x", 1, { owner: 4 }))]);
    expect((await afterRestart(journal)).nodes.get("/e")).toMatchObject({ record: { ephemeralOwner: 4 } });
  });

  test("stores each of many nodes of one commit, whatever happens to some of them in it", async () => {
    const journal = await openEmpty();
    const paths = Array.from({ length: 40 }, (_, i) => `/n${i}`);
    const changes = paths.map((path, i) => created(path, { data: `data of ${path}`, parentCreates: i + 1 }));
    changes.splice(20, 0, dataSet("/n19", "set", 1), deleted("/n18", { parentCreates: 20 }));
    changes.splice(3, 0, aclSet("/n2", aclFor("ada"), 1));
    await journal.commit(changes.map((change, i) => at(i + 1, change)));
    const { nodes } = await afterRestart(journal);
    const textOf = (path: string) => nodes.get(path) && Buffer.from(nodes.get(path)!.data).toString();
    const expected = paths.map((path) => (path === "/n18" ? undefined : `data of ${path}`));
    expect(paths.map(textOf)).toEqual(expected.with(19, "set"));
    expect(nodes.get("/n2")?.record).toMatchObject({
      czxid: 3,
      aversion: 1,
      acl: { text: aclFor("ada").text },
    });
    expect(nodes.get("/n39")?.record).toMatchObject({ czxid: 43, mzxid: 43, version: 0 });
  });

  test("forgets a deleted node; the parent's pzxid moves, its creates do not", async () => {
    const journal = await openEmpty();
    await journal.commit([at(1, created("/a", { parentCreates: 4 }))]);
    await journal.commit([at(2, deleted("/a", { parentCreates: 4 }))]);
    const { nodes } = await afterRestart(journal);
    expect(nodes.has("/a")).toBe(false);
    expect(nodes.get("/")?.record).toMatchObject({ pzxid: 2, creates: 4 });
  });

  test("keeps sessions until they are closed", async () => {
    const journal = await openEmpty();
    const opened = (sessionId: number): Change => ({
      kind: "sessionOpened",
      sessionId,
      secret: `secret-${sessionId}`,
      timeoutMs: 4000,
      owner: sessionId === 1 ? "" : `client ${sessionId}`,
    });
    await journal.commit([at(1, opened(1)), at(2, opened(2)), at(3, opened(3))]);
    await journal.commit([
      at(4, { kind: "sessionClosed", sessionId: 2 }),
      at(5, { kind: "sessionTimeoutSet", sessionId: 3, timeoutMs: 9000 }),
    ]);
    expect((await afterRestart(journal)).sessions).toEqual([
      { id: 1, secret: "secret-1", timeoutMs: 4000, owner: "" },
      { id: 3, secret: "secret-3", timeoutMs: 9000, owner: "client 3" },
    ]);
  });

  test("keeps what was answered to whom, oldest first, and forgets what makes room", async () => {
    const journal = await openEmpty();
    const answered = (zxid: number, forgets: readonly number[] = []) => ({
      kind: "requestAnswered" as const,
      zxid,
      timeMs: 1_000 * zxid,
      key: `key ${zxid}`,
      fingerprint: "print",
      answer: `{"zxid":${zxid}}`,
      holder: "10.0.0.1",
      forgets,
    });
    const happened = (zxid: number, forgets?: readonly number[]): Transaction => ({
      zxid,
      timeMs: 1_000 * zxid,
      changes: [created(`/n${zxid}`)({ zxid, timeMs: 1_000 * zxid }), answered(zxid, forgets)],
    });
    await journal.commit([happened(1), happened(2), happened(3)]);
    await journal.commit([happened(4, [1, 3])]);
    const { requests } = await afterRestart(journal);
    const { kind: _, forgets, ...last } = answered(4);
    expect(requests.map(({ zxid }) => zxid)).toEqual([2, 4]);
    expect(requests.at(-1)).toEqual(last);
    expect(forgets).toEqual([]);
  });

  test("answers parents before children, and siblings by their UTF-8 bytes", async () => {
    const journal = await openEmpty();
    // U+FF5E is below the horse in UTF-8 and above its surrogates in UTF-16.
    const paths = ["/～", "/🐎", "/a", "/a/z", "/a-b", "/a/b", "/a/b/c", "/B", "/ä"];
    await journal.commit(paths.map((path, i) => at(i + 1, created(path, { parentCreates: i + 1 }))));
    const { nodes } = await afterRestart(journal);
    const reserved = ["/zookeeper", "/zookeeper/config", "/zookeeper/quota"];
    expect([...nodes.keys()]).toEqual([
      "/",
      "/B",
      "/a",
      "/a-b",
      "/a/b",
      "/a/b/c",
      "/a/z",
      ...reserved,
      "/ä",
      "/～",
      "/🐎",
    ]);
  });

  test("keeps data of every size, also when they grow, shrink and vanish", async () => {
    const journal = await openEmpty();
    const sizes = [0, 1, 511, 512, 513, 65_536, dataBytesMax];
    const bytes = (size: number) => Buffer.alloc(size, `\u0000\xff${size}`, "latin1");
    const creates = sizes.map((size, i) => created(`/s${size}`, { data: bytes(size), parentCreates: i + 1 }));
    await journal.commit(creates.map((change, i) => at(i + 1, change)));
    await journal.commit(
      sizes.map((size, i) => at(100 + i, dataSet(`/s${size}`, bytes(sizes.at(-1 - i)!), 1))),
    );
    await journal.commit([at(200, deleted("/s0")), at(201, created("/s0", { data: "again" }))]);
    const { nodes } = await afterRestart(journal);
    expect(nodes.get("/s0")?.data).toBe("again");
    for (const [i, size] of [...sizes.entries()].slice(1)) {
      expect(nodes.get(`/s${size}`)?.data).toBe(bytes(sizes.at(-1 - i)!).toString("latin1"));
    }
  });

  test("a batch may build on itself: create, set, delete and create again under one parent", async () => {
    const journal = await openEmpty();
    await journal.commit([
      at(1, created("/p", { parentCreates: 1 }), created("/p/a", { parentCreates: 1 })),
      at(2, dataSet("/p/a", "x", 1), created("/p/b", { parentCreates: 2 })),
      at(3, deleted("/p/a"), deleted("/p/b")),
      at(4, deleted("/p")),
      at(5, created("/p", { parentCreates: 2 })),
      at(6, created("/p/c", { data: "c", parentCreates: 1 })),
    ]);
    const { nodes, lastZxid } = await afterRestart(journal);
    expect(lastZxid).toBe(6);
    expect([...nodes.keys()].filter((path) => path.startsWith("/p"))).toEqual(["/p", "/p/c"]);
    expect(nodes.get("/p")?.record).toMatchObject({ czxid: 5, pzxid: 6, creates: 1 });
    expect(nodes.get("/")?.record).toMatchObject({ pzxid: 5, creates: 2 });
  });

  test("a transaction may create a node and delete it again", async () => {
    const journal = await openEmpty();
    const large = Buffer.alloc(1_000, "x");
    const changes = [created("/p", { data: large, parentCreates: 1 }), created("/p/a", { parentCreates: 1 })];
    await journal.commit([at(1, ...changes, deleted("/p/a"), dataSet("/p", "x", 1), deleted("/p"))]);
    expect((await journal.history(0, 1)).transactions[0]?.changes).toHaveLength(5);
    const { nodes, lastZxid } = await afterRestart(journal);
    expect(lastZxid).toBe(1);
    expect([...nodes.keys()].filter((path) => path.startsWith("/p"))).toEqual([]);
    expect(nodes.get("/")?.record).toMatchObject({ pzxid: 1, creates: 1 });
  });

  test("loads again what it loaded, over many restarts and batches", async () => {
    let journal = await openEmpty();
    for (let round = 0; round < 3; round++) {
      const first = round * 100 + 1;
      const batch = Array.from({ length: 100 }, (_, i) =>
        at(first + i, created(`/n${first + i}`, { data: `${i}`, parentCreates: first + i })),
      );
      await journal.commit(batch);
      await journal.close();
      journal = await reopened();
      const state = await loadAll(journal);
      expect(state.nodes.size).toBe(reservedNodes.length + (round + 1) * 100);
      expect(state.nodes.get("/")?.record).toMatchObject({ pzxid: first + 99, creates: first + 99 });
    }
  });

  test("changes that contradict what is stored are a crash, and not stored", async () => {
    const journal = await openEmpty();
    await expect(journal.commit([at(1, created("/a"), created("/no/parent"))])).rejects.toThrow(Error);
  });

  describe("the history", () => {
    const committed = [
      [at(1, created("/a", { data: "20", owner: 7 })), at(2, dataSet("/a", "30", 1))],
      [at(3, { kind: "sessionOpened", sessionId: 3, secret: "s", timeoutMs: 4000, owner: "" })],
      [
        at(4, created("/a/b", { parentCreates: 1 }), created("/a/c", { parentCreates: 2 })),
        at(5, deleted("/a/b")),
        at(6, { kind: "sessionTimeoutSet", sessionId: 3, timeoutMs: 9000 }),
      ],
      [at(9, deleted("/a/c"), { kind: "sessionClosed", sessionId: 3 })],
    ];

    async function withHistory(): Promise<Journal> {
      const journal = await openEmpty();
      await loadAll(journal);
      for (const batch of committed) await journal.commit(batch);
      return journal;
    }

    const zxidsOf = (transactions: readonly Transaction[]) => transactions.map(({ zxid }) => zxid);

    test("is what was committed, data included, also after a restart", async () => {
      const journal = await withHistory();
      expect(plain(await allHistory(journal, 0, 9))).toEqual(plain(committed.flat()));
      await journal.close();
      const again = await reopened();
      await loadAll(again);
      expect(plain(await allHistory(again, 0, 9))).toEqual(plain(committed.flat()));
    });

    test("holds what is after one zxid, up to another, wherever batches end", async () => {
      const journal = await withHistory();
      const check = async (history: Journal) => {
        for (let after = 0; after <= 9; after++) {
          for (let through = after; through <= 9; through++) {
            const expected = committed.flat().filter(({ zxid }) => zxid > after && zxid <= through);
            expect(zxidsOf(await allHistory(history, after, through))).toEqual(zxidsOf(expected));
          }
        }
      };
      await check(journal);
      await journal.close();
      const again = await reopened();
      await loadAll(again);
      await check(again);
      await again.commit([at(10, created("/d", { parentCreates: 2 }))]);
      expect(zxidsOf(await allHistory(again, 5, 10))).toEqual([6, 9, 10]);
    });

    test("says of a stretch in which nothing happened that it is over", async () => {
      const journal = await withHistory();
      expect(await journal.history(6, 8)).toEqual({ transactions: [], through: 8 });
      expect(await journal.history(9, 9)).toEqual({ transactions: [], through: 9 });
      expect(await (await openEmpty()).history(0, 0)).toEqual({ transactions: [], through: 0 });
    });

    test("comes in pages, each of which says how far it goes", async () => {
      const journal = await openEmpty();
      await loadAll(journal);
      const batches = Array.from({ length: 150 }, (_, i) => [
        at(2 * i + 1, created(`/${i}`, { data: Buffer.alloc(20_000, `${i}`), parentCreates: i + 1 })),
        at(2 * i + 2, dataSet(`/${i}`, `${i}`, 1)),
      ]);
      for (const batch of batches) await journal.commit(batch);
      await journal.close();
      const again = await reopened();
      await loadAll(again);
      const first = await again.history(0, 300);
      expect(first.through).toBeLessThan(300);
      expect(first.transactions.at(-1)?.zxid).toBe(first.through);
      expect(plain(await allHistory(again, 0, 300))).toEqual(plain(batches.flat()));
    });

    test("is read while a commit is under way", async () => {
      const journal = await withHistory();
      const committing = journal.commit([at(10, created("/d", { parentCreates: 2 }))]);
      const pages = await Promise.all([0, 3, 9].map((after) => allHistory(journal, after, 9)));
      expect(pages.map(zxidsOf)).toEqual([[1, 2, 3, 4, 5, 6, 9], [4, 5, 6, 9], []]);
      await committing;
      expect(zxidsOf(await allHistory(journal, 6, 10))).toEqual([9, 10]);
    });
  });
});
