// What a refusal shows to callers that may do something with a node and may not read it.
import { beforeEach, describe, expect, test } from "vitest";
import { type AclEntry, type Permission, permissions } from "../../src/core/acl.ts";
import type { Caller, Operation } from "../../src/core/operation.ts";
import { CoreState } from "../support/core-state.ts";

const noData = new Uint8Array();
const root: Caller = { identities: [{ scheme: "super", id: "root" }] };
const bob: Caller = { identities: [{ scheme: "jwt", id: "bob" }] };

function bobMay(...names: Permission[]): AclEntry {
  return { scheme: "jwt", id: "bob", permissions: names.reduce((bits, name) => bits | permissions[name], 0) };
}

let state: CoreState;
beforeEach(() => {
  state = new CoreState();
});

function make(path: string, ...acl: AclEntry[]): void {
  const made = state.do({ op: "create", path, data: noData, mode: "persistent", acl }, root);
  expect(made).toMatchObject({ ok: true });
}

/** What bob is told. */
function refusalOf(operation: Operation) {
  const prepared = state.do(operation, bob);
  if (prepared.ok) throw new Error("it was not refused");
  return prepared.refusal;
}

describe("a refusal below a node names no node that its caller could not have listed", () => {
  const deleteP: Operation = { op: "delete", path: "/p", version: -1, recursive: true };
  const guardP: Operation = {
    op: "setAcl",
    path: "/p",
    aversion: -1,
    acl: [bobMay("read")],
    recursive: true,
  };

  test.each<[string, Operation, Permission]>([
    ["a recursive Delete", deleteP, "delete"],
    ["a recursive SetAcl", guardP, "admin"],
  ])("%s", (_what, operation, needed) => {
    const told = (...onP: Permission[]) => {
      state = new CoreState();
      make("/p", bobMay(...onP));
      make("/p/secret", bobMay("read", needed));
      make("/p/secret/deeper", bobMay("write"));
      make("/p/secret/deeper/still", bobMay("write"));
      return refusalOf(operation);
    };
    expect(told("read", needed)).toMatchObject({ reason: "NO_AUTH", facts: { path: "/p/secret/deeper" } });
    const hidden = told(needed);
    expect(hidden).toMatchObject({
      reason: "NO_AUTH",
      facts: { path: "/p", permission: needed.toUpperCase() },
    });
    expect(JSON.stringify(hidden)).not.toMatch(/secret|deeper|still/);
  });

  test("also when the first level may be listed and the next may not", () => {
    make("/p", bobMay("read", "delete"));
    make("/p/known", bobMay("delete"));
    make("/p/known/secret", bobMay("read"));
    make("/p/known/secret/still", bobMay("read"));
    const refusal = refusalOf(deleteP);
    expect(refusal).toMatchObject({ facts: { path: "/p/known" } });
    expect(JSON.stringify(refusal)).not.toContain("secret");
  });
});

describe("DELETE on the parent shows nothing of the Stat of a child", () => {
  test.each<[string, Permission[], object, object]>([
    ["may be read", ["read"], { expected: 7, actual: 0 }, { num_children: 1 }],
    ["may not be read", ["write"], { expected: 7 }, {}],
  ])("that %s", (_what, onChild, ofVersion, ofChildren) => {
    make("/p", bobMay("delete"));
    make("/p/child", bobMay(...onChild));
    make("/p/child/below", bobMay("read"));
    const path = "/p/child";
    expect(refusalOf({ op: "delete", path, version: 7 })).toMatchObject({
      reason: "BAD_VERSION",
      facts: { path, ...ofVersion },
    });
    expect(refusalOf({ op: "delete", path, version: 7 }).facts).toEqual({ path, ...ofVersion });
    expect(refusalOf({ op: "delete", path, version: -1 })).toMatchObject({ reason: "NOT_EMPTY" });
    expect(refusalOf({ op: "delete", path, version: -1 }).facts).toEqual({ path, ...ofChildren });
  });
});

test("QUOTA_EXCEEDED shows the limit and the usage to callers that may read the usage", () => {
  make("/q", bobMay("create"));
  const limits = "/zookeeper/quota/q/zookeeper_limits";
  const data = Buffer.from("countHardLimit=1");
  state.do({ op: "create", path: limits, data, mode: "persistent", parents: "persistent" }, root);
  const exceed: Operation = { op: "create", path: "/q/a", data: noData, mode: "persistent" };
  expect(refusalOf(exceed)).toMatchObject({
    reason: "QUOTA_EXCEEDED",
    facts: { path: "/q", kind: "count", limit: 1, actual: 2 },
  });
  const usage = "/zookeeper/quota/q/zookeeper_stats";
  state.do({ op: "setAcl", path: usage, acl: [bobMay("write")], aversion: -1 }, root);
  const hidden = refusalOf(exceed);
  expect(hidden).toMatchObject({ reason: "QUOTA_EXCEEDED" });
  expect(hidden.facts).toEqual({ path: "/q", kind: "count" });
  expect(hidden.message).not.toMatch(/\d/);
});

test("the limits of a quota are read only for callers that may write them", () => {
  const limits = "/zookeeper/quota/q/zookeeper_limits";
  const good = Buffer.from("countHardLimit=1");
  const senseless = Buffer.from(`count=${" ".repeat(1_000)}x`);
  const set = { op: "set", path: limits, version: -1 } as const;
  expect(refusalOf({ ...set, data: senseless })).toMatchObject({ reason: "NO_NODE" });
  make("/zookeeper/quota/q", bobMay("read"));
  const create = { op: "create", path: limits, mode: "persistent" } as const;
  expect(refusalOf({ ...create, data: senseless })).toMatchObject({ reason: "NO_AUTH" });
  state.do({ ...create, data: good, acl: [bobMay("read")] }, root);
  expect(refusalOf({ ...set, data: senseless })).toMatchObject({ reason: "NO_AUTH" });
  state.do({ op: "setAcl", path: limits, acl: [bobMay("write")], aversion: -1 }, root);
  expect(refusalOf({ ...set, data: senseless })).toMatchObject({ reason: "BAD_ARGUMENTS" });
});

test("a take-over without DELETE does not tell whether an owner was guessed right", () => {
  const open = (owner: string) => {
    state.do({ op: "openSession", secret: "secret", timeoutMs: 10_000, owner });
    return state.tree.zxid;
  };
  make("/p", bobMay("create"));
  const node = { op: "create", path: "/p/e", data: noData, mode: "ephemeral" } as const;
  state.do({ ...node, acl: [bobMay("write")] }, { ...root, sessionId: open("the-owner") });
  const guess = (owner: string) =>
    state.do({ ...node, ifExists: "takeOver" }, { ...bob, sessionId: open(owner) });
  expect(guess("the-owner")).toMatchObject({ ok: false, refusal: { reason: "NO_AUTH" } });
  expect(guess("another")).toEqual(guess("the-owner"));
});
