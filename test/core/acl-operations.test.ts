import { beforeEach, describe, expect, test } from "vitest";
import { type AclEntry, allPermissions, type Permission, permissions } from "../../src/core/acl.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import type { Caller, Operation, TransactOperation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { defaultLimits } from "../../src/core/prepare/prepared.ts";
import { CoreState, verdict } from "../support/core-state.ts";

const noData = new Uint8Array();

function as(name: string): Caller {
  return {
    identities: [
      { scheme: "ip", id: "10.0.0.1" },
      { scheme: "jwt", id: name },
    ],
  };
}

const [ada, bob, root] = [as("ada"), as("bob"), { identities: [{ scheme: "super", id: "root" }] }];

function allow(name: string, ...names: Permission[]): AclEntry {
  const bits = names.map((each) => permissions[each]).reduce<number>((all, bit) => all | bit, 0);
  return { scheme: "jwt", id: name, permissions: bits || allPermissions };
}

let state: CoreState;
beforeEach(() => {
  state = new CoreState();
});

const create = (path: string, acl: readonly AclEntry[]): Operation => ({
  op: "create",
  path,
  data: noData,
  mode: "persistent",
  acl,
});
const make = (path: string, ...acl: AclEntry[]) =>
  expect(verdict(state.do(create(path, acl), root))).toBe("ok");
const setAcl = (path: string, acl: readonly AclEntry[], more: object = {}): Operation => ({
  op: "setAcl",
  path,
  acl,
  aversion: -1,
  ...more,
});
const transact = (...operations: TransactOperation[]): Operation => ({
  op: "transact",
  conditions: [],
  operations,
  elseOperations: [],
});

describe("what an operation needs", () => {
  const all: Permission[] = ["read", "write", "create", "delete", "admin"];
  const operations: [string, Permission, Operation][] = [
    ["create a child", "create", create("/p/new", [allow("ada")])],
    [
      "create a child with its parents",
      "create",
      { op: "create", path: "/p/x/y", data: noData, mode: "persistent", parents: "persistent" },
    ],
    ["delete a child", "delete", { op: "delete", path: "/p/child", version: -1 }],
    ["delete the node's subtree", "delete", { op: "delete", path: "/p", version: -1, recursive: true }],
    ["set the data", "write", { op: "set", path: "/p", data: noData, version: -1 }],
    ["set the list", "admin", setAcl("/p", [allow("ada")])],
    ["set the list and those below", "admin", setAcl("/p", [allow("ada")], { recursive: true })],
    [
      "use what is there",
      "read",
      { op: "create", path: "/p", data: noData, mode: "persistent", ifExists: "get" },
    ],
    [
      "set what is there",
      "write",
      { op: "create", path: "/p", data: noData, mode: "persistent", ifExists: "set" },
    ],
    ["read in a transaction", "read", transact({ op: "get", path: "/p" })],
    ["look in a transaction", "read", transact({ op: "exists", path: "/p" })],
    [
      "list in a transaction",
      "read",
      transact({ op: "list", path: "/p", after: "", countMax: 9, withStats: true }),
    ],
    [
      "check in a transaction",
      "read",
      transact({ op: "check", condition: { path: "/p", test: "version", expected: -1 } }),
    ],
    [
      "make it a condition",
      "read",
      {
        op: "transact",
        conditions: [{ path: "/p", test: "exists", expected: false }],
        operations: [],
        elseOperations: [],
      },
    ],
    ["write in a transaction", "write", transact({ op: "set", path: "/p", data: noData, version: -1 })],
  ];
  test.each(operations)("to %s: %s, and nothing else will do", (_what, needed, operation) => {
    for (const [others, expected] of [
      [all.filter((each) => each !== needed), "NO_AUTH"],
      [[needed], "ok"],
    ] as const) {
      state = new CoreState();
      make("/p", allow("bob", ...others), allow("ada"));
      make("/p/child", allow("bob"), allow("ada"));
      const prepared = state.do(operation, bob);
      expect(verdict(prepared)).toBe(expected);
      if (!prepared.ok) {
        expect(prepared.refusal.facts).toMatchObject({ path: "/p", permission: needed.toUpperCase() });
      }
    }
  });

  test.each(operations)("to %s, the super user needs nothing", (_what, _needed, operation) => {
    make("/p", allow("ada"));
    make("/p/child", allow("ada"));
    expect(verdict(state.do(operation, root))).toBe("ok");
  });

  test("the node's own list says nothing of its deletion, nor of what is made of its parent", () => {
    make("/p", allow("bob", "create", "delete"));
    make("/open", allow("ada"));
    expect(verdict(state.do({ op: "delete", path: "/open", version: -1 }, bob))).toBe("ok");
    state.do(create("/p/mine", [allow("bob", "read")]), bob);
    expect(verdict(state.do({ op: "delete", path: "/p/mine", version: -1 }, bob))).toBe("ok");
  });

  test("a child's Stat is listed for whom may read it; its name for whom may read the parent", () => {
    make("/p", allow("bob"));
    for (const [name, who] of [
      ["a", "ada"],
      ["b", "bob"],
    ] as const)
      state.do(create(`/p/${name}`, [allow(who)]), bob);
    const listed = state.do(
      transact({ op: "list", path: "/p", after: "", countMax: 9, withStats: true }),
      bob,
    );
    if (!listed.ok) throw new Error(listed.refusal.message);
    const [result] = listed.transacted!.results;
    const children = result?.op === "list" ? result.children : [];
    expect(children.map(({ name, stat }) => [name, stat !== undefined])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });

  test("to take an ephemeral node over takes its WRITE, and its parent's CREATE and DELETE", () => {
    const sessionOf = (name: string) => {
      state.do({ op: "openSession", secret: "secret", timeoutMs: 10_000, owner: "worker" });
      return { ...as(name), sessionId: state.tree.zxid };
    };
    const take = {
      op: "create",
      path: "/p/e",
      data: noData,
      mode: "ephemeral",
      ifExists: "takeOver",
    } as const;
    const cases: [Permission[], Permission[], string][] = [
      [["create", "delete"], ["write"], "ok"],
      [["create", "delete"], ["read", "create", "delete", "admin"], "NO_AUTH"],
      [["create", "write", "admin"], ["write"], "NO_AUTH"],
      [["delete"], ["write"], "NO_AUTH"],
    ];
    for (const [onParent, onNode, expected] of cases) {
      state = new CoreState();
      make("/p", allow("ada"), allow("bob", ...onParent));
      state.do({ ...take, acl: [allow("bob", ...onNode)] }, sessionOf("ada"));
      expect(verdict(state.do(take, sessionOf("bob")))).toBe(expected);
    }
  });

  test("what the server does by itself asks nobody", () => {
    const session = state.session();
    const caller = { ...session, ...ada };
    make("/p", allow("ada"));
    state.do({ op: "create", path: "/p/e", data: noData, mode: "ephemeral", acl: [allow("ada")] }, caller);
    expect(verdict(state.close(session))).toBe("ok");
    expect(state.tree.node("/p/e")).toBeUndefined();
  });
});

describe("the first error wins", () => {
  const invalid: AclEntry[] = [{ scheme: "sasl", id: "x", permissions: 1 }];
  beforeEach(() => {
    make("/shut", allow("ada"));
    make("/shut/child", allow("ada"));
  });
  test.each<[string, Operation]>([
    ["SESSION_REQUIRED", { op: "create", path: "no", data: noData, mode: "ephemeral", acl: invalid }],
    ["BAD_ARGUMENTS", create("no", invalid)],
    ["INVALID_ACL", create("/no/parent", invalid)],
    ["NO_NODE", create("/no/parent", [allow("bob")])],
    ["NO_AUTH", create("/shut/\u0001", [allow("bob")])],
    ["NO_AUTH", create("/shut/child", [allow("bob")])],
    ["NO_NODE", { op: "delete", path: "/no/node", version: -1 }],
    ["NO_AUTH", { op: "delete", path: "/shut/missing", version: -1 }],
    ["NO_AUTH", { op: "delete", path: "/shut/child", version: 7 }],
    ["NO_NODE", { op: "set", path: "/none", data: noData, version: 7 }],
    ["NO_AUTH", { op: "set", path: "/shut", data: noData, version: 7 }],
    ["BAD_ARGUMENTS", setAcl("no", invalid)],
    ["INVALID_ACL", setAcl("/none", invalid)],
    ["INVALID_ACL", setAcl("/none", [])],
    ["NO_NODE", setAcl("/none", [allow("bob")])],
    ["NO_AUTH", setAcl("/shut", [allow("bob")], { aversion: 7 })],
    ["NO_AUTH", transact({ op: "check", condition: { path: "/shut", test: "version", expected: 7 } })],
    ["NO_NODE", transact({ op: "check", condition: { path: "/none", test: "version", expected: 7 } })],
  ])("%s: %j", (reason, operation) => {
    expect(verdict(state.do(operation, bob))).toBe(reason);
  });
});

describe("setting a list", () => {
  test("changes the list and its version, and nothing else", () => {
    make("/p", allow("ada"));
    const before = state.node("/p");
    expect(
      verdict(state.do(setAcl("/p", [{ scheme: "auth", id: "", permissions: 1 }], { aversion: 0 }), ada)),
    ).toBe("ok");
    const { acl, ...after } = state.node("/p");
    expect(acl.text).toBe("jwt:ada:r");
    expect({ ...after, acl: before.acl }).toEqual({ ...before, aversion: 1 });
    expect(verdict(state.do(setAcl("/p", [allow("ada")], { aversion: 0 }), root))).toBe("BAD_VERSION");
  });

  test("for a subtree is all or nothing", () => {
    make("/p", allow("bob"));
    make("/p/a", allow("bob"));
    make("/p/a/b", allow("ada"));
    expect(verdict(state.do(setAcl("/p", [allow("eve")], { recursive: true }), bob))).toBe("NO_AUTH");
    expect(state.node("/p").acl.text).toBe("jwt:bob:cdrwa");
    expect(verdict(state.do(setAcl("/p", [allow("eve")], { recursive: true }), root))).toBe("ok");
    for (const path of ["/p", "/p/a", "/p/a/b"]) {
      expect(state.node(path)).toMatchObject({ aversion: 1, acl: { text: "jwt:eve:cdrwa" } });
    }
    expect(state.node("/zookeeper").aversion).toBe(0);
  });

  test("for a subtree is bounded, by nodes and by bytes", () => {
    make("/p", allow("ada"));
    for (const name of ["a", "b", "c"]) make(`/p/${name}`, allow("ada"));
    const stamp = { zxid: 100, timeMs: 0 };
    const operation = setAcl("/p", [allow("ada")], { recursive: true });
    for (const [limits, expected] of [
      [{ changesMax: 3 }, "TRANSACTION_TOO_LARGE"],
      [{ pathBytesMax: 13 }, "TRANSACTION_TOO_LARGE"],
      [{ changesMax: 4 }, "ok"],
    ] as const) {
      expect(verdict(prepare(operation, ada, state.tree, stamp, { ...defaultLimits, ...limits }))).toBe(
        expected,
      );
    }
  });

  test("parents that are made along have the list of the node", () => {
    const operation = {
      op: "create",
      path: "/x/y/z",
      data: noData,
      mode: "persistent",
      parents: "container",
      acl: [allow("ada")],
    } as const;
    state.do(operation, ada);
    for (const path of ["/x", "/x/y", "/x/y/z"]) expect(state.node(path).acl.text).toBe("jwt:ada:cdrwa");
  });

  test("a node that takes the place of another has its own list", () => {
    make("/p", allow("ada"));
    state.delete("/p");
    state.create("/p");
    expect(state.node("/p").acl.text).toBe("");
    expect(brokenInvariants(state.tree)).toEqual([]);
  });
});
