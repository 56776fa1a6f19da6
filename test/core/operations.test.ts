import { beforeEach, describe, expect, test } from "vitest";
import { statOf } from "../../src/core/node.ts";
import {
  dataBytesMax,
  ephemeralPathBytesPerSessionMax,
  ephemeralsPerSessionMax,
  sessionsMax,
} from "../../src/limits.ts";
import { CoreState, verdict } from "../support/core-state.ts";

let state: CoreState;

beforeEach(() => {
  state = new CoreState();
});

describe("create decides its errors in ZooKeeper's order", () => {
  beforeEach(() => {
    state.create("/a");
    state.createMode("/e", "ephemeral", state.session());
  });

  test.each([
    ["an unknown session comes first", "relative", "persistent", 999, "SESSION_EXPIRED"],
    ["an ephemeral node needs a session", "relative", "ephemeral", undefined, "SESSION_REQUIRED"],
    ["the path must start with a slash", "relative", "persistent", undefined, "BAD_ARGUMENTS"],
    ["a missing parent comes before the path's other rules", "/no/../x", "persistent", undefined, "NO_NODE"],
    ["an empty name leaves no parent", "/a//b", "persistent", undefined, "NO_NODE"],
    ["the path's other rules", "/a/..", "persistent", undefined, "BAD_ARGUMENTS"],
    ["a trailing slash", "/a/", "persistent", undefined, "BAD_ARGUMENTS"],
    ["an existing node", "/a", "persistent", undefined, "NODE_EXISTS"],
    ["the root", "/", "persistent", undefined, "NODE_EXISTS"],
    ["an ephemeral parent", "/e/x", "persistent", undefined, "NO_CHILDREN_FOR_EPHEMERALS"],
    ["nothing wrong", "/a/b", "persistent", undefined, "ok"],
    ["a trailing slash with a sequence number", "/a/", "persistentSequential", undefined, "ok"],
  ] as const)("%s", (_, path, mode, sessionId, expected) => {
    expect(verdict(state.createMode(path, mode, sessionId === undefined ? {} : { sessionId }))).toBe(
      expected,
    );
  });

  test("a missing parent is named", () => {
    expect(state.create("/x/y")).toMatchObject({ refusal: { reason: "NO_NODE", facts: { path: "/x" } } });
  });
});

describe("delete decides its errors in ZooKeeper's order", () => {
  test.each([
    ["/", "BAD_ARGUMENTS"],
    ["/zookeeper", "BAD_ARGUMENTS"],
    ["/zookeeper/quota", "BAD_ARGUMENTS"],
    ["/zookeeper/config", "BAD_ARGUMENTS"],
    ["a", "BAD_ARGUMENTS"],
    ["/missing/x", "NO_NODE"],
    ["/missing", "NO_NODE"],
  ])("%s: %s", (path, expected) => {
    expect(verdict(state.delete(path))).toBe(expected);
  });

  test("a wrong version comes before children", () => {
    state.create("/a");
    state.create("/a/b");
    expect(state.delete("/a", 7)).toMatchObject({
      refusal: { reason: "BAD_VERSION", facts: { path: "/a", expected: 7, actual: 0 } },
    });
    expect(verdict(state.delete("/a", 0))).toBe("NOT_EMPTY");
    expect(verdict(state.delete("/a/b", 0))).toBe("ok");
    expect(verdict(state.delete("/a"))).toBe("ok");
  });

  test("nodes under the reserved ones are ordinary", () => {
    expect(verdict(state.create("/zookeeper/x"))).toBe("ok");
    expect(verdict(state.delete("/zookeeper/x"))).toBe("ok");
  });
});

describe("set", () => {
  test("a missing node, a wrong version, the root", () => {
    expect(verdict(state.set("/a", "1", 5))).toBe("NO_NODE");
    state.create("/a");
    expect(verdict(state.set("/a", "1", 5))).toBe("BAD_VERSION");
    expect(verdict(state.set("/a", "1", 0))).toBe("ok");
    expect(verdict(state.set("/", "settable"))).toBe("ok");
    expect(verdict(state.set("a", "1"))).toBe("BAD_ARGUMENTS");
  });

  test("the same bytes count as a change", () => {
    state.create("/a", "same");
    state.set("/a", "same");
    expect(state.node("/a")).toMatchObject({ version: 1, mzxid: 2 });
  });

  test("versions wrap around 32 bits, but never stop at -1, which means any", () => {
    state.create("/a");
    const start = state.node("/a");
    state.tree.putNode("/a", { ...start, version: 2_147_483_647 });
    state.set("/a", "");
    expect(state.node("/a").version).toBe(-2_147_483_648);
    state.tree.putNode("/a", { ...start, version: -2 });
    state.set("/a", "");
    expect(state.node("/a").version).toBe(0);
  });
});

describe("Stat", () => {
  test("of the reserved nodes, as a new ZooKeeper shows it", () => {
    const zero = { czxid: 0, mzxid: 0, pzxid: 0, ctimeMs: 0, mtimeMs: 0, version: 0, aversion: 0 };
    const none = { ephemeralOwner: 0, dataLength: 0, mode: "persistent", ttlMs: 0 };
    expect(statOf(state.node("/"))).toEqual({ ...zero, ...none, cversion: -1, numChildren: 1 });
    expect(statOf(state.node("/zookeeper"))).toEqual({ ...zero, ...none, cversion: -2, numChildren: 2 });
    const leaf = { ...zero, ...none, cversion: 0, numChildren: 0 };
    expect(statOf(state.node("/zookeeper/quota"))).toEqual(leaf);
    expect(statOf(state.node("/zookeeper/config"))).toEqual({ ...leaf, aversion: -1 });
  });

  test("follows a node through its life", () => {
    state.timeMs = 100;
    state.create("/a", "abc"); // zxid 1
    expect(statOf(state.node("/a"))).toEqual({
      czxid: 1,
      mzxid: 1,
      pzxid: 1,
      ctimeMs: 100,
      mtimeMs: 100,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0,
      dataLength: 3,
      numChildren: 0,
      mode: "persistent",
      ttlMs: 0,
    });
    state.timeMs = 200;
    state.create("/a/b"); // 2: only pzxid and cversion of the parent move
    state.create("/a/c"); // 3
    state.delete("/a/b"); // 4: cversion counts deletions too
    expect(statOf(state.node("/a"))).toMatchObject({
      mzxid: 1,
      mtimeMs: 100,
      pzxid: 4,
      version: 0,
      cversion: 3,
      numChildren: 1,
    });
    state.set("/a/c", "x"); // 5: a child's data is not the parent's affair
    expect(statOf(state.node("/a"))).toMatchObject({ mzxid: 1, pzxid: 4, cversion: 3 });
    state.set("/a", "longer"); // 6
    expect(statOf(state.node("/a"))).toMatchObject({
      czxid: 1,
      mzxid: 6,
      mtimeMs: 200,
      ctimeMs: 100,
      version: 1,
      dataLength: 6,
    });
  });

  test("starts anew when a node is deleted and created again", () => {
    state.create("/a", "1");
    state.set("/a", "2");
    state.delete("/a");
    state.create("/a", "3");
    expect(state.node("/a")).toMatchObject({ czxid: 4, version: 0 });
  });
});

describe("sequence numbers", () => {
  const sequential = (path: string) => {
    const prepared = state.createMode(path, "persistentSequential");
    return prepared.ok ? prepared.path : prepared.refusal.reason;
  };

  test("count every child ever created, and do not go back", () => {
    state.create("/q");
    expect(sequential("/q/n-")).toBe("/q/n-0000000000");
    state.create("/q/plain");
    expect(sequential("/q/n-")).toBe("/q/n-0000000002");
    state.delete("/q/n-0000000002");
    expect(sequential("/q/other-")).toBe("/q/other-0000000003");
    expect(sequential("/q/")).toBe("/q/0000000004");
  });

  test("start anew with the parent", () => {
    state.create("/q");
    sequential("/q/n-");
    state.delete("/q/n-0000000000");
    state.delete("/q");
    state.create("/q");
    expect(sequential("/q/n-")).toBe("/q/n-0000000000");
  });

  test("are given back by a refused create", () => {
    state.create("/q");
    expect(sequential("/q/../n-")).toBe("NO_NODE");
    expect(sequential("/q/n-")).toBe("/q/n-0000000000");
  });

  test("go on to the next free one when names are taken, and count from there", () => {
    state.create("/q");
    sequential("/q/n-");
    for (const number of [3, 4, 6]) state.create(`/q/n-000000000${number}`);
    expect(state.node("/q").creates).toBe(4);
    expect(sequential("/q/n-")).toBe("/q/n-0000000005");
    expect(sequential("/q/n-")).toBe("/q/n-0000000007");
    expect(sequential("/q/other-")).toBe("/q/other-0000000008");
    // Nothing that was passed over comes back.
    state.delete("/q/n-0000000004");
    expect(sequential("/q/n-")).toBe("/q/n-0000000009");
  });

  test("cannot be blocked by names taken ahead, however many, and cost a few dozen look-ups", () => {
    state.create("/q");
    const taken = 5_000;
    for (let number = 0; number < taken; number++) {
      state.create(`/q/n-${String(taken + number).padStart(10, "0")}`);
    }
    const { tree } = state;
    let lookups = 0;
    const node = tree.node.bind(tree);
    tree.node = (path) => {
      lookups++;
      return node(path);
    };
    const path = sequential("/q/n-")!;
    expect(lookups).toBeLessThan(100);
    const number = Number(path.slice("/q/n-".length));
    expect(number).toBeGreaterThanOrEqual(2 * taken);
    expect(number).toBeLessThan(6 * taken);
    expect(state.node("/q").creates).toBe(number + 1);
  });

  test("end with 2147483647, which is not given twice", () => {
    state.create("/q");
    state.tree.putNode("/q", { ...state.node("/q"), creates: 2_147_483_646 });
    state.create("/q/n-2147483646");
    expect(sequential("/q/n-")).toBe("/q/n-2147483647");
    state.delete("/q/n-2147483647");
    const used = { reason: "SEQUENCE_USED_UP", facts: { path: "/q" } };
    expect(state.createMode("/q/n-", "persistentSequential")).toMatchObject({ ok: false, refusal: used });
    expect(verdict(state.create("/q/plain"))).toBe("ok");
    expect(sequential("/q/other-")).toBe("SEQUENCE_USED_UP");
  });

  test("end with a name that is taken too", () => {
    state.create("/q");
    state.tree.putNode("/q", { ...state.node("/q"), creates: 2_147_483_646 });
    state.create("/q/n-2147483647");
    expect(sequential("/q/n-")).toBe("SEQUENCE_USED_UP");
    expect(sequential("/q/m-")).toBe("/q/m-2147483647");
  });
});

describe("sessions", () => {
  test("a close deletes all ephemeral nodes under one zxid, and nothing else", () => {
    const owner = state.session();
    const other = state.session();
    state.create("/p");
    state.createMode("/p/e1", "ephemeral", owner);
    state.createMode("/p/e2-", "ephemeralSequential", owner);
    state.createMode("/p/other", "ephemeral", other);
    state.create("/p/plain", "", owner);
    expect(state.node("/p/e1").ephemeralOwner).toBe(owner.sessionId);
    const closed = state.close(owner);
    expect(verdict(closed)).toBe("ok");
    expect([...state.tree.childNames("/p")]).toEqual(["other", "plain"]);
    expect(state.node("/p")).toMatchObject({ pzxid: state.tree.zxid, numChildren: 2 });
    expect(verdict(state.close(owner))).toBe("SESSION_EXPIRED");
    expect(verdict(state.createMode("/p/late", "ephemeral", owner))).toBe("SESSION_EXPIRED");
  });

  test("anybody may delete an ephemeral node", () => {
    const owner = state.session();
    state.createMode("/e", "ephemeral", owner);
    expect(verdict(state.delete("/e"))).toBe("ok");
    expect(verdict(state.close(owner))).toBe("ok");
  });

  test("a path that was ephemeral and is persistent now stays", () => {
    const owner = state.session();
    state.createMode("/e", "ephemeral", owner);
    state.delete("/e");
    state.create("/e");
    state.close(owner);
    expect(state.tree.node("/e")).toBeDefined();
  });

  test("the number of ephemeral nodes of one session is limited", () => {
    const owner = state.session();
    for (let i = 0; i < ephemeralsPerSessionMax; i++) state.createMode("/e-", "ephemeralSequential", owner);
    const limit = { refusal: { reason: "TOO_MANY_EPHEMERALS", facts: { limit: ephemeralsPerSessionMax } } };
    expect(state.createMode("/e-", "ephemeralSequential", owner)).toMatchObject(limit);
    state.delete("/e-0000000000");
    expect(verdict(state.createMode("/again", "ephemeral", owner))).toBe("ok");
  });

  test("the bytes of their paths are limited, also when one is taken over or is created in a subtree", () => {
    const pad = "é".repeat(4_000);
    const [owner, other] = [state.session("one"), state.session("one")];
    state.create(`/${pad}`);
    const each = Buffer.byteLength(`/${pad}/00000`);
    const fits = Math.floor(ephemeralPathBytesPerSessionMax / each);
    const pathOf = (i: number) => `/${pad}/${String(i).padStart(5, "0")}`;
    for (let i = 0; i < fits; i++)
      expect(verdict(state.createMode(pathOf(i), "ephemeral", owner))).toBe("ok");
    const limit = {
      refusal: { reason: "TOO_MANY_EPHEMERALS", facts: { limit: ephemeralPathBytesPerSessionMax } },
    };
    expect(state.createMode(pathOf(fits), "ephemeral", owner)).toMatchObject(limit);
    expect(state.createMode(`/${pad}/n-`, "ephemeralSequential", owner)).toMatchObject(limit);
    state.createMode(pathOf(fits), "ephemeral", other);
    const takeOver = () =>
      state.do(
        { op: "create", path: pathOf(fits), data: new Uint8Array(), mode: "ephemeral", ifExists: "takeOver" },
        owner,
      );
    expect(takeOver()).toMatchObject(limit);
    state.delete(pathOf(0));
    expect(verdict(takeOver())).toBe("ok");
    expect(state.createMode(pathOf(0), "ephemeral", owner)).toMatchObject(limit);
    expect(verdict(state.createMode("/short", "ephemeral", other))).toBe("ok");
  });

  test("the number of sessions is limited", () => {
    for (let id = 1; id <= sessionsMax; id++) {
      state.tree.putSession({ id: -id, secret: "", timeoutMs: 1, owner: "" });
    }
    expect(verdict(state.do({ op: "openSession", secret: "s", timeoutMs: 1 }))).toBe("TOO_MANY_SESSIONS");
  });
});

describe("data", () => {
  test("comes back as it was, whatever its size", () => {
    for (const size of [0, 1, 4096, 4097, 65_536, dataBytesMax]) {
      const data = Buffer.alloc(size, "\x00\x7f\x80\xff");
      state.do({ op: "create", path: `/${size}`, data, mode: "persistent" });
      data.fill(1); // The tree has a copy of its own.
      expect(Buffer.from(state.tree.data(`/${size}`)!)).toEqual(Buffer.alloc(size, "\x00\x7f\x80\xff"));
      expect(state.node(`/${size}`).dataLength).toBe(size);
    }
  });

  test("over the limit is refused before anything else", () => {
    const data = new Uint8Array(dataBytesMax + 1);
    const tooLarge = {
      refusal: { reason: "DATA_TOO_LARGE", facts: { limit: dataBytesMax, actual: dataBytesMax + 1 } },
    };
    expect(state.do({ op: "create", path: "bad", data, mode: "persistent" })).toMatchObject(tooLarge);
    expect(state.do({ op: "set", path: "/missing", data, version: 3 })).toMatchObject(tooLarge);
  });
});
