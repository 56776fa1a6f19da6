// What the core decides of quotas; test/core/model.test.ts has the random histories.
import { beforeEach, describe, expect, test } from "vitest";
import { type Acl, aclOf, openAcl, type Permission, permissions } from "../../src/core/acl.ts";
import { apply } from "../../src/core/apply.ts";
import type { Transaction } from "../../src/core/change.ts";
import { eventsOf } from "../../src/core/event.ts";
import type { Operation, TransactOperation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { defaultLimits } from "../../src/core/prepare/prepared.ts";
import { parseLimits } from "../../src/core/quota.ts";
import { Staging } from "../../src/core/staging.ts";
import {
  quotaDepthMax,
  quotaFreeAclBytes,
  quotaLimitsBytesMax,
  quotasPerTransactionMax,
} from "../../src/limits.ts";
import { CoreState, verdict } from "../support/core-state.ts";

let state: CoreState;

beforeEach(() => {
  state = new CoreState();
});

const limitsOf = (path: string) => `/zookeeper/quota${path}/zookeeper_limits`;
const statsOf = (path: string) => `/zookeeper/quota${path}/zookeeper_stats`;

function limitOperation(path: string, text: string): Extract<Operation, { op: "create" }> {
  const data = Buffer.from(text);
  const mode = { mode: "persistent", parents: "persistent", ifExists: "set" } as const;
  return { op: "create", path: limitsOf(path), data, ...mode };
}

function limit(path: string, text: string) {
  return state.do(limitOperation(path, text));
}

function stats(path: string): string {
  return Buffer.from(state.tree.data(statsOf(path))!).toString();
}

function transact(...operations: TransactOperation[]) {
  return state.do({ op: "transact", conditions: [], operations, elseOperations: [] });
}

function create(path: string, text = ""): TransactOperation {
  return { op: "create", path, data: Buffer.from(text), mode: "persistent" };
}

function exceeded(path: string, kind: string, limit: number, actual: number) {
  return { ok: false, refusal: { reason: "QUOTA_EXCEEDED", facts: { path, kind, limit, actual } } };
}

const no = Number.POSITIVE_INFINITY;

describe("access control lists count for what they have beyond the usual", () => {
  const everything = 31;
  const digestOf = (user: string) => `${user}:${"A".repeat(27)}=`;
  /** A list of about so many bytes, by the length of a name. */
  const listOf = (bytes: number) => [
    { scheme: "world", id: "anyone", permissions: everything },
    { scheme: "digest", id: digestOf("u".repeat(Math.max(1, bytes - 60))), permissions: everything },
  ];

  function used(path: string): number {
    return state.tree.usage(path).bytes;
  }

  beforeEach(() => {
    state.create("/a");
    limit("/a", "byteHardLimit=1000");
  });

  test("a node with a list of a few entries counts its data alone, as in ZooKeeper", () => {
    const acl = listOf(quotaFreeAclBytes / 2);
    state.do({ op: "create", path: "/a/b", data: Buffer.from("12345"), mode: "persistent", acl });
    expect(stats("/a")).toBe("count=2,bytes=5");
  });

  test("what creates or sets a longer list than the quota has room for is refused", () => {
    const long = (bytes: number) => listOf(quotaFreeAclBytes + bytes);
    const make = (path: string, bytes: number) =>
      state.do({ op: "create", path, data: new Uint8Array(), mode: "persistent", acl: long(bytes) });
    expect(verdict(make("/a/b", 800))).toBe("ok");
    const first = used("/a");
    expect(first).toBeGreaterThan(700);
    expect(first).toBeLessThan(900);
    expect(verdict(make("/a/c", 800))).toBe("QUOTA_EXCEEDED");
    state.create("/a/c");
    const setAcl = (path: string, bytes: number, recursive = false) =>
      verdict(state.do({ op: "setAcl", path, acl: long(bytes), aversion: -1, recursive }));
    expect(setAcl("/a/c", 800)).toBe("QUOTA_EXCEEDED");
    expect(setAcl("/a", 500, true)).toBe("QUOTA_EXCEEDED");
    expect(used("/a")).toBe(first);
    // What does not grow is not refused; and room that was given back is room.
    limit("/a", "byteHardLimit=100");
    expect(setAcl("/a/b", 700)).toBe("ok");
    limit("/a", "byteHardLimit=1000");
    state.delete("/a/b");
    expect(used("/a")).toBe(0);
    expect(setAcl("/a/c", 800)).toBe("ok");
  });

  test("a quota below the node whose subtree gets a list holds too", () => {
    state.create("/x");
    state.create("/x/y");
    limit("/x/y", "byteHardLimit=10");
    const acl = listOf(2 * quotaFreeAclBytes);
    expect(verdict(state.do({ op: "setAcl", path: "/x", acl, aversion: -1, recursive: true }))).toBe(
      "QUOTA_EXCEEDED",
    );
    expect(verdict(state.do({ op: "setAcl", path: "/x", acl, aversion: -1 }))).toBe("ok");
  });

  test("staged lists count before they are visible", () => {
    const staging = new Staging(state.tree);
    const stage = (path: string) => {
      const stamp = { zxid: state.tree.zxid + 1, timeMs: 1 };
      const acl = listOf(quotaFreeAclBytes + 600);
      const prepared = prepare(
        { op: "create", path, data: new Uint8Array(), mode: "persistent", acl },
        {},
        staging,
        stamp,
      );
      staging.begin(stamp.zxid);
      if (prepared.ok) apply({ ...stamp, changes: prepared.changes }, staging);
      return verdict(prepared);
    };
    expect([stage("/a/1"), stage("/a/2")]).toEqual(["ok", "QUOTA_EXCEEDED"]);
  });
});

describe("limits", () => {
  test.each([
    ["count=5,bytes=7", [5, 7, no, no]],
    ["count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=2", [no, no, 2, 10]],
    ["countHardLimit=3", [no, no, 3, no]],
    ["count=,bytes=4", [no, 4, no, no]],
    ["count=0;byteHardLimit=0", [0, no, no, 0]],
    ["count=-7", [no, no, no, no]],
    [" count = 5 , bytes=7\n", [5, 7, no, no]],
    ["count=+5,something=9", [5, no, no, no]],
    ["", [no, no, no, no]],
    [";;,", [no, no, no, no]],
    ["bytes=9223372036854775807", [no, 2 ** 63, no, no]],
  ])("%j is read as ZooKeeper's StatsTrack reads it", (text, [count, bytes, countHard, bytesHard]) => {
    expect(parseLimits(Buffer.from(text))).toEqual({
      soft: { count, bytes },
      hard: { count: countHard, bytes: bytesHard },
    });
  });

  test.each([
    "nonsense",
    "count",
    "count=x",
    "=5",
    "count=5bytes=7",
    "count=1.5",
    "count=99999999999999999999",
  ])("%j makes no sense", (text) => {
    expect(limit("/a", text)).toMatchObject({ refusal: { reason: "BAD_ARGUMENTS", field: "data" } });
    expect(state.tree.node("/zookeeper/quota/a")).toBeUndefined();
    limit("/a", "");
    expect(verdict(state.set(limitsOf("/a"), text))).toBe("BAD_ARGUMENTS");
  });

  test("have bounds of their own: their length, their depth, and how many are new in one transaction", () => {
    expect(verdict(limit("/a", `count=1${" ".repeat(quotaLimitsBytesMax - 7)}`))).toBe("ok");
    expect(verdict(limit("/a", `count=1${" ".repeat(quotaLimitsBytesMax - 6)}`))).toBe("BAD_ARGUMENTS");
    expect(verdict(limit("/b".repeat(quotaDepthMax), ""))).toBe("ok");
    expect(limit("/b".repeat(quotaDepthMax + 1), "")).toMatchObject({ refusal: { field: "path" } });
    const many = Array.from({ length: quotasPerTransactionMax + 1 }, (_, i) => limitOperation(`/n${i}`, ""));
    expect(verdict(transact(...many.slice(1)))).toBe("ok");
    state = new CoreState();
    const facts = { what: "quotas", limit: quotasPerTransactionMax, actual: quotasPerTransactionMax + 1 };
    expect(transact(...many)).toMatchObject({ refusal: { reason: "TRANSACTION_TOO_LARGE", facts } });
  });

  test("have no children, which would look like quotas of other paths", () => {
    limit("/a", "");
    for (const path of [limitsOf("/a"), statsOf("/a")]) {
      expect(state.create(`${path}/x`)).toMatchObject({
        refusal: { reason: "BAD_ARGUMENTS", field: "path" },
      });
      expect(verdict(state.createMode(`${path}/`, "persistentSequential"))).toBe("BAD_ARGUMENTS");
    }
    expect(verdict(limit("/zookeeper_limits/b", ""))).toBe("BAD_ARGUMENTS");
  });

  test("are none of what is below /zookeeper, and a name with a number is a name like others", () => {
    expect(limit("/zookeeper/config", "")).toMatchObject({ refusal: { field: "path" } });
    expect(verdict(state.create("/zookeeper/quota/a"))).toBe("ok");
    const numbered = { op: "create", path: limitsOf("/a"), mode: "persistentSequential" } as const;
    expect(verdict(state.do({ ...numbered, data: Buffer.from("nonsense") }))).toBe("ok");
    expect(state.tree.hasQuotas).toBe(false);
  });
});

describe("the usage", () => {
  test("appears with the limits, counts the top of the subtree and nothing beside it, and cannot be set", () => {
    for (const path of ["/a", "/a/b", "/ab"]) state.create(path, "xx");
    limit("/a", "");
    expect(stats("/a")).toBe("count=2,bytes=4");
    expect(state.node(statsOf("/a"))).toMatchObject({ version: 0, dataLength: 15 });
    expect(state.set(statsOf("/a"), "count=0")).toMatchObject({ refusal: { reason: "BAD_ARGUMENTS" } });
    const set = { op: "create", path: statsOf("/a"), data: Buffer.from("x"), mode: "persistent" } as const;
    expect(verdict(state.do({ ...set, ifExists: "set" }))).toBe("BAD_ARGUMENTS");
  });

  test("is not another zxid or event: what it counts fires nothing there", () => {
    limit("/a", "");
    const before = state.tree.zxid;
    state.create("/a", "x");
    expect(eventsOf(state.history.at(-1)!).map(({ path }) => path)).toEqual(["/a", "/"]);
    expect(state.tree.zxid).toBe(before + 1);
    expect(state.node(statsOf("/a"))).toMatchObject({ version: 0, mzxid: before, pzxid: before });
    expect(stats("/a")).toBe("count=1,bytes=1");
  });

  test("is created by ZooKeeper's command line after the limits, which then finds it there", () => {
    limit("/a", "");
    const create = state.create(statsOf("/a"), "count=0,bytes=0");
    expect(create).toMatchObject({ ok: true, changes: [], existed: true });
    expect(stats("/a")).toBe("count=0,bytes=0");
    state.delete(limitsOf("/a"));
    expect(stats("/a")).toBe("");
    expect(verdict(state.delete(statsOf("/a")))).toBe("ok");
    expect(verdict(state.create(statsOf("/a"), "count=7"))).toBe("ok");
    expect(stats("/a")).toBe("");
    limit("/a", "");
    expect(stats("/a")).toBe("count=0,bytes=0");
  });

  test("of / leaves out what is below /zookeeper, so that a quota on it never keeps itself from being raised", () => {
    limit("", "countHardLimit=2;byteHardLimit=0");
    expect(verdict(state.create("/a"))).toBe("ok");
    expect(state.create("/b")).toMatchObject(exceeded("/", "count", 2, 3));
    expect(verdict(limit("", "countHardLimit=3"))).toBe("ok");
    expect(verdict(state.create("/b"))).toBe("ok");
    expect(stats("")).toBe("count=3,bytes=0");
  });
});

describe("hard limits", () => {
  test("hold exactly, for nodes and for bytes, and say what would become of it", () => {
    limit("/a", "countHardLimit=2;byteHardLimit=5");
    state.create("/a", "12");
    expect(state.create("/a/b", "1234")).toMatchObject(exceeded("/a", "bytes", 5, 6));
    expect(verdict(state.create("/a/b", "123"))).toBe("ok");
    expect(state.create("/a/c")).toMatchObject(exceeded("/a", "count", 2, 3));
    expect(state.set("/a", "123")).toMatchObject(exceeded("/a", "bytes", 5, 6));
    expect(verdict(state.set("/a", "21"))).toBe("ok");
  });

  test("are the last thing that Create decides, and what Set decides before the version", () => {
    limit("/a", "countHardLimit=3;byteHardLimit=0");
    const session = state.session();
    state.create("/a");
    state.createMode("/a/e", "ephemeral", session);
    expect(verdict(state.create("/a", "x"))).toBe("NODE_EXISTS");
    expect(verdict(state.create("/a/e/x", "x"))).toBe("NO_CHILDREN_FOR_EPHEMERALS");
    expect(verdict(state.create("/a/none/x", "x"))).toBe("NO_NODE");
    expect(verdict(state.set("/a", "x", 7))).toBe("QUOTA_EXCEEDED");
    expect(verdict(state.set("/a", "", 7))).toBe("BAD_VERSION");
    expect(verdict(state.set("/a/none", "x"))).toBe("NO_NODE");
  });

  test("nest: each quota between the root and the node is asked, from the root down", () => {
    limit("/a", "countHardLimit=3");
    limit("/a/b", "countHardLimit=2");
    for (const path of ["/a", "/a/b", "/a/b/c"]) state.create(path);
    expect(state.create("/a/b/d")).toMatchObject(exceeded("/a", "count", 3, 4));
    limit("/a", "");
    expect(state.create("/a/b/d")).toMatchObject(exceeded("/a/b", "count", 2, 3));
    expect(verdict(state.create("/a/c"))).toBe("ok");
    limit("/a/b", "");
    expect(verdict(state.create("/a/b/d"))).toBe("ok");
  });

  test("that were lowered below what is used refuse growth and nothing else", () => {
    const session = state.session();
    state.create("/a", "12345");
    state.createMode("/a/e", "ephemeral", session);
    state.create("/a/b", "123");
    expect(verdict(limit("/a", "countHardLimit=1;byteHardLimit=1"))).toBe("ok");
    expect(verdict(state.create("/a/c"))).toBe("QUOTA_EXCEEDED");
    expect(verdict(state.set("/a", "123456"))).toBe("QUOTA_EXCEEDED");
    expect(verdict(state.set("/a", "54321"))).toBe("ok");
    expect(verdict(state.set("/a", "1234"))).toBe("ok");
    expect(verdict(state.close(session))).toBe("ok");
    expect(verdict(state.delete("/a/b"))).toBe("ok");
    expect(stats("/a")).toBe("count=1,bytes=4");
  });

  test("of bytes do not mind an empty node, nor those of nodes more bytes", () => {
    state.create("/a", "12");
    limit("/a", "byteHardLimit=1");
    expect(verdict(state.create("/a/b"))).toBe("ok");
    limit("/a", "countHardLimit=1");
    expect(verdict(state.set("/a", "123"))).toBe("ok");
  });

  test("let containers and TTL nodes be reaped, and count what goes", () => {
    state.createMode("/a", "container");
    state.do({ op: "create", path: "/a/t", data: new Uint8Array(3), mode: "persistentWithTtl", ttlMs: 1 });
    limit("/a", "countHardLimit=0;byteHardLimit=0");
    state.timeMs += 2;
    expect(verdict(state.do({ op: "reap", path: "/a/t" }))).toBe("ok");
    expect(stats("/a")).toBe("count=0,bytes=0");
  });

  test("count the parents that a Create makes, and its data, together", () => {
    limit("/a", "countHardLimit=3");
    const deep = (path: string) =>
      state.do({ op: "create", path, data: new Uint8Array(), mode: "persistent", parents: "container" });
    expect(deep("/a/b/c/d")).toMatchObject(exceeded("/a", "count", 3, 4));
    expect(state.tree.node("/a")).toBeUndefined();
    expect(verdict(deep("/a/b/c"))).toBe("ok");
  });

  test("hold for what is set because it exists, and for what is taken over", () => {
    limit("/a", "byteHardLimit=2");
    const open = { op: "openSession", secret: "s", timeoutMs: 1, owner: "us" } as const;
    state.do(open);
    const first = { sessionId: state.tree.zxid };
    state.do(open);
    const second = { sessionId: state.tree.zxid };
    state.createMode("/a", "ephemeral", first);
    const make = { op: "create", path: "/a", data: Buffer.from("123"), mode: "ephemeral" } as const;
    for (const caller of [first, second]) {
      for (const ifExists of ["set", "takeOver"] as const) {
        expect(verdict(state.do({ ...make, ifExists }, caller))).toBe("QUOTA_EXCEEDED");
      }
    }
    const fits = { ...make, ifExists: "takeOver", data: Buffer.from("12") } as const;
    expect(verdict(state.do(fits, second))).toBe("ok");
    expect(stats("/a")).toBe("count=1,bytes=2");
  });

  test("do not refuse when they are not enforced", () => {
    limit("/a", "countHardLimit=0");
    const limits = { ...defaultLimits, enforceQuotas: false };
    const stamp = { zxid: state.tree.zxid + 1, timeMs: 0 };
    const operation = { op: "create", path: "/a", data: new Uint8Array(), mode: "persistent" } as const;
    expect(verdict(prepare(operation, {}, state.tree, stamp, limits))).toBe("ok");
  });
});

describe("access control lists", () => {
  const onlyTo = (...allowed: Permission[]): Acl =>
    aclOf(allowed.map((each) => ({ scheme: "world", id: "anyone", permissions: permissions[each] })));
  const protect = (path: string, { entries }: Acl) =>
    state.do(
      { op: "setAcl", path, acl: entries, aversion: -1 },
      { identities: [{ scheme: "super", id: "x" }] },
    );

  test("are asked before a quota is, which comes last in Create, and before the version in Set", () => {
    state.create("/a");
    limit("/a", "countHardLimit=1;byteHardLimit=0");
    expect(verdict(state.set("/a", "x", 7))).toBe("QUOTA_EXCEEDED");
    protect("/a", onlyTo("read"));
    expect(verdict(state.create("/a/b"))).toBe("NO_AUTH");
    expect(verdict(state.set("/a", "x", 7))).toBe("NO_AUTH");
    protect("/a", onlyTo("create", "write"));
    expect(verdict(state.create("/a/b"))).toBe("QUOTA_EXCEEDED");
    expect(verdict(state.set("/a", "x", 7))).toBe("QUOTA_EXCEEDED");
    expect(verdict(state.set("/a", "", 7))).toBe("BAD_VERSION");
  });

  test("of the limits are those of the usage, which only those find who may read it", () => {
    const hidden = onlyTo("create");
    state.do({ ...limitOperation("/a", ""), acl: hidden.entries });
    expect(state.node(statsOf("/a")).acl.text).toBe(hidden.text);
    expect(verdict(state.create(statsOf("/a")))).toBe("NODE_EXISTS");
    protect(statsOf("/a"), openAcl);
    state.create("/a", "123");
    expect(stats("/a")).toBe("count=1,bytes=3");
    expect(state.create(statsOf("/a"))).toMatchObject({ ok: true, existed: true });
  });
});

describe("a transaction", () => {
  test("is checked operation by operation, each on what those before it left", () => {
    limit("/a", "countHardLimit=2");
    state.create("/a");
    state.create("/a/x");
    const swap = [{ op: "delete", path: "/a/x", version: -1 } as const, create("/a/y")];
    expect(transact(...swap.toReversed())).toMatchObject({ refusal: { facts: { op_index: 0, actual: 3 } } });
    expect(verdict(transact(...swap))).toBe("ok");
    expect(
      transact({ op: "delete", path: "/a/y", version: -1 }, create("/a/1"), create("/a/2")),
    ).toMatchObject({
      refusal: { reason: "QUOTA_EXCEEDED", facts: { op_index: 2, path: "/a", limit: 2, actual: 3 } },
    });
    expect(stats("/a")).toBe("count=2,bytes=0");
  });

  test("may set the quota that its own later operations meet, over what was there and what it made before", () => {
    state.create("/a");
    const quota = limitOperation("/a", "countHardLimit=3");
    const read = { op: "get", path: statsOf("/a") } as const;
    const made = transact(create("/a/1"), quota, create("/a/2"), read);
    expect(made).toMatchObject({ ok: true, transacted: { results: [{}, {}, {}, { op: "get" }] } });
    const [, , , got] = made.ok ? made.transacted!.results : [];
    expect(got).toMatchObject({ data: Buffer.from("count=3,bytes=0"), stat: { dataLength: 15 } });
    expect(verdict(transact(limitOperation("/a", "countHardLimit=4"), create("/a/3"), create("/a/4")))).toBe(
      "QUOTA_EXCEEDED",
    );
    expect(verdict(state.create("/a/3"))).toBe("QUOTA_EXCEEDED");
  });
});

describe("staged changes", () => {
  const node = (path: string) =>
    ({ op: "create", path, data: Buffer.from("1"), mode: "persistent" }) as const;
  const gone = (path: string) => ({ op: "delete", path, version: -1 }) as const;
  let staging: Staging;
  let waiting: Transaction[];

  beforeEach(() => {
    staging = new Staging(state.tree);
    waiting = [];
  });

  function stage(...operations: Operation[]): string[] {
    return operations.map((operation) => {
      const stamp = { zxid: (waiting.at(-1)?.zxid ?? state.tree.zxid) + 1, timeMs: 0 };
      const prepared = prepare(operation, {}, staging, stamp);
      if (!prepared.ok) return prepared.refusal.reason;
      staging.begin(stamp.zxid);
      waiting.push({ ...stamp, changes: prepared.changes });
      apply(waiting.at(-1)!, staging);
      return "ok";
    });
  }

  function publish(count: number): void {
    for (const transaction of waiting.splice(0, count)) {
      apply(transaction, state.tree);
      state.tree.zxid = transaction.zxid;
    }
    staging.settle(state.tree.zxid);
  }

  test("are known to a quota that is set over them, and forgotten when they are lost", () => {
    const made = stage(node("/a"), node("/a/b"), limitOperation("/a", "countHardLimit=3"), node("/a/c"));
    expect(made).toEqual(["ok", "ok", "ok", "ok"]);
    expect(stage(node("/a/d"))).toEqual(["QUOTA_EXCEEDED"]);
    expect(staging.usage("/a")).toEqual({ count: 3, bytes: 3 });
    expect(state.tree.hasQuotas).toBe(false);
    staging.clear();
    expect(staging.hasQuotas).toBe(false);
    expect(staging.usage("/a")).toEqual({ count: 0, bytes: 0 });
  });

  test("go on to count while those before them become visible", () => {
    limit("/a", "countHardLimit=4");
    expect(stage(node("/a"), node("/a/1"), node("/a/2"))).toEqual(["ok", "ok", "ok"]);
    for (let published = 1; published <= 3; published++) {
      publish(1);
      expect(state.tree.usage("/a").count).toBe(published);
      expect(staging.usage("/a")).toEqual({ count: 3, bytes: 3 });
    }
    expect(stage(node("/a/3"), node("/a/4"))).toEqual(["ok", "QUOTA_EXCEEDED"]);
  });

  test("count for a quota that is taken away and set again among them", () => {
    limit("/a", "countHardLimit=2");
    const again = limitOperation("/a", "countHardLimit=3");
    const operations = [node("/a"), gone(limitsOf("/a")), node("/a/1"), node("/a/2"), again, node("/a/3")];
    expect(stage(...operations)).toEqual(["ok", "ok", "ok", "ok", "ok", "QUOTA_EXCEEDED"]);
    expect(staging.usage("/a")).toEqual({ count: 3, bytes: 3 });
    publish(5);
    expect(state.tree.usage("/a")).toEqual({ count: 3, bytes: 3 });
    expect(staging.usage("/a")).toEqual({ count: 3, bytes: 3 });
  });
});
