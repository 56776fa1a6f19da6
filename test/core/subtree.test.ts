import { beforeEach, describe, expect, test } from "vitest";
import { eventsOf } from "../../src/core/event.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import { asContainer, createdNode, forever } from "../../src/core/node.ts";
import type { Operation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { defaultLimits } from "../../src/core/prepare/prepared.ts";
import {
  dataBytesMax,
  pathBytesMax,
  transactionChangesMax,
  transactionPathBytesMax,
} from "../../src/limits.ts";
import { CoreState, verdict } from "../support/core-state.ts";

let state: CoreState;

beforeEach(() => {
  state = new CoreState();
});

function create(path: string, more: Partial<Extract<Operation, { op: "create" }>> = {}) {
  return state.do({ op: "create", path, data: new Uint8Array(), mode: "persistent", ...more });
}

function deleteAll(path: string, version = -1) {
  return state.do({ op: "delete", path, version, recursive: true });
}

/** Puts children into the tree, past the core. */
function addChildren(parent: string, count: number): void {
  for (let i = 0; i < count; i++) {
    state.tree.loadNode(`${parent}/n${i}`, createdNode({ zxid: 0, timeMs: 0 }, {}, 0), new Uint8Array());
  }
}

function tooLarge(what: string, limit: number) {
  return { refusal: { reason: "TRANSACTION_TOO_LARGE", facts: { what, limit } } };
}

describe("missing parents", () => {
  test("are made under the zxid of the node, without data, and counted", () => {
    expect(verdict(create("/a/b/c", { parents: "persistent" }))).toBe("ok");
    expect(state.node("/a/b/c")).toMatchObject({ czxid: 1, lifetimeMs: forever });
    expect(state.node("/a/b")).toMatchObject({
      czxid: 1,
      pzxid: 1,
      creates: 1,
      numChildren: 1,
      dataLength: 0,
    });
    expect(state.node("/a")).toMatchObject({ czxid: 1, creates: 1, lifetimeMs: forever });
    const kinds = eventsOf(state.history.at(-1)!).map(({ kind, path }) => `${kind} ${path}`);
    expect(kinds.filter((each) => each.startsWith("nodeCreated"))).toEqual(
      ["/a", "/a/b", "/a/b/c"].map((path) => `nodeCreated ${path}`),
    );
  });

  test("may be containers, also of a node whose name is a number", () => {
    const created = create("/q/jobs/", { parents: "container", mode: "persistentSequential" });
    expect(created).toMatchObject({ path: "/q/jobs/0000000000" });
    expect(state.node("/q/jobs").lifetimeMs).toBe(asContainer);
    expect(state.node("/q").lifetimeMs).toBe(asContainer);
  });

  test("are not made for a path that breaks a rule, or under an ephemeral node", () => {
    expect(create("/a/../b", { parents: "persistent" })).toMatchObject({
      refusal: { reason: "BAD_ARGUMENTS" },
    });
    expect(create("/a//b", { parents: "persistent" })).toMatchObject({
      refusal: { reason: "BAD_ARGUMENTS" },
    });
    state.createMode("/e", "ephemeral", state.session());
    expect(create("/e/a/b", { parents: "persistent" })).toMatchObject({
      refusal: { reason: "NO_CHILDREN_FOR_EPHEMERALS", facts: { path: "/e" } },
    });
    expect(state.tree.node("/a")).toBeUndefined();
  });

  test("may be a thousand, but not as many as a path has room for", () => {
    expect(verdict(create("/d".repeat(1_000), { parents: "persistent" }))).toBe("ok");
    expect(create("/e".repeat(pathBytesMax / 2), { parents: "persistent" })).toMatchObject(
      tooLarge("bytes of paths", transactionPathBytesMax),
    );
    expect(verdict(deleteAll("/d"))).toBe("ok");
    expect(brokenInvariants(state.tree)).toEqual([]);
    const stamp = { zxid: 9, timeMs: 0 };
    const operation = { op: "create", path: "/1/2/3/4", data: new Uint8Array(), mode: "persistent" } as const;
    const limits = { ...defaultLimits, changesMax: 2 };
    const refused = prepare({ ...operation, parents: "persistent" }, {}, state.tree, stamp, limits);
    expect(refused).toMatchObject(tooLarge("changes", 2));
  });
});

describe("a node that is there", () => {
  test("is answered with its data, and nothing happens", () => {
    state.create("/a", "old");
    const found = create("/a", { ifExists: "get", data: Buffer.from("new") });
    expect(found).toMatchObject({ ok: true, changes: [], path: "/a", existed: true });
    expect(found.ok && Buffer.from(found.data!).toString()).toBe("old");
    expect(state.tree.zxid).toBe(1);
    expect(create("/b", { ifExists: "get" })).not.toHaveProperty("existed");
  });

  test("is set, whatever it is", () => {
    state.createMode("/e", "ephemeral", state.session());
    expect(create("/e", { ifExists: "set", data: Buffer.from("x") })).toMatchObject({ existed: true });
    expect(state.node("/e")).toMatchObject({ version: 1, ephemeralOwner: 1, dataLength: 1 });
  });

  test("is not what a sequential create can find", () => {
    const refused = create("/a-", { mode: "persistentSequential", ifExists: "get" });
    expect(refused).toMatchObject({ refusal: { reason: "BAD_ARGUMENTS", field: "if_exists" } });
  });
});

describe("a recursive deletion", () => {
  test("takes children before their parents, and leaves the rest", () => {
    for (const path of ["/p", "/p/a", "/p/a/x", "/p/b", "/q"]) state.create(path);
    expect(verdict(deleteAll("/p"))).toBe("ok");
    const { changes } = state.history.at(-1)!;
    expect(changes.map((change) => "path" in change && change.path)).toEqual([
      "/p/a/x",
      "/p/a",
      "/p/b",
      "/p",
    ]);
    expect([...state.tree.childNames("/")]).toEqual(["q", "zookeeper"]);
    expect(brokenInvariants(state.tree)).toEqual([]);
  });

  test("looks at the version of the node itself, and spares the reserved ones", () => {
    state.create("/p");
    state.create("/p/a");
    expect(verdict(deleteAll("/p", 3))).toBe("BAD_VERSION");
    expect(verdict(deleteAll("/none"))).toBe("NO_NODE");
    expect(verdict(deleteAll("/"))).toBe("BAD_ARGUMENTS");
    expect(verdict(deleteAll("/zookeeper"))).toBe("BAD_ARGUMENTS");
    expect(verdict(deleteAll("/p", 0))).toBe("ok");
  });

  test("is bounded, and looks no further than its bound", () => {
    state.create("/p");
    addChildren("/p", transactionChangesMax);
    const limit = tooLarge("changes", transactionChangesMax);
    expect(deleteAll("/p")).toMatchObject(limit);
    expect(state.tree.nodeCount).toBe(transactionChangesMax + 5);
    state.delete("/p/n0");
    expect(verdict(deleteAll("/p"))).toBe("ok");
    expect(state.tree.nodeCount).toBe(4);
  });

  test("is bounded by the length of its paths too", () => {
    const parent = `/${"x".repeat(8_000)}`;
    state.create(parent);
    addChildren(parent, 600);
    expect(deleteAll(parent)).toMatchObject(tooLarge("bytes of paths", transactionPathBytesMax));
  });

  test("carries no more data for its events than they may tell", () => {
    state.create("/p");
    for (let i = 0; i < 5; i++) create(`/p/n${i}`, { data: new Uint8Array(dataBytesMax) });
    deleteAll("/p");
    const { changes } = state.history.at(-1)!;
    const carried = changes.map((change) => change.kind === "nodeDeleted" && change.previousData?.length);
    expect(carried).toEqual([dataBytesMax, dataBytesMax, dataBytesMax, undefined, undefined, undefined]);
  });
});
