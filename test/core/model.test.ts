import fc from "fast-check";
import { expect, test } from "vitest";
import { apply } from "../../src/core/apply.ts";
import type { Transaction } from "../../src/core/change.ts";
import { brokenInvariants } from "../../src/core/invariants.ts";
import { type NodeRecord, statOf } from "../../src/core/node.ts";
import type { Caller, Operation, ReadResult, Transacted, TransactResult } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { Staging } from "../../src/core/staging.ts";
import type { Tree } from "../../src/core/tree.ts";
import { newTree } from "../support/core-state.ts";
import { ada, bob, openList, toldOfList } from "../support/naive-acl.ts";
import { type ModelNode, NaiveModel } from "../support/naive-model.ts";
import { identities, operation } from "../support/random-operations.ts";

/**
 * Random operations against the naive model. As in the server, each is decided on the staged state at once,
 * while the visible tree follows at random moments, or the staged part is lost as by a full disk.
 */

/** Which of the sessions opened so far, closed ones included; -1 for none. */
const sessionIndex = fc.constantFrom(-1, 0, 0, 1, 1, 2, 3);

const requestKey = fc.constantFrom(...new Array(8).fill(undefined), "r1", "r2", "r3", "r4");

type Step =
  | {
      readonly do: Operation;
      readonly sessionIndex: number;
      readonly identities: NonNullable<Caller["identities"]>;
      readonly requestKey: string | undefined;
    }
  | { readonly publish: number }
  | { readonly waitMs: number }
  | { readonly lose: true };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: operation, sessionIndex, identities, requestKey }) },
  { weight: 3, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ lose: true as const }) },
);

const allButDelete = 23;
const open = { op: "openSession", secret: "s", timeoutMs: 1, owner: "x" } as const;
const make = { op: "create", data: new Uint8Array(), mode: "persistent" } as const;

/** What every history begins with, or else most operations would find nothing, and be forbidden little. */
const beginning: readonly Operation[] = [
  open,
  open,
  { ...make, path: "/a", acl: [{ ...ada, permissions: 31 }] },
  {
    ...make,
    path: "/b",
    acl: [
      { ...openList[0]!, permissions: allButDelete },
      { ...bob, permissions: 31 },
    ],
  },
  { ...make, path: "/b/a", acl: [{ ...bob, permissions: 31 }] },
  { ...make, path: "/b/b", mode: "ephemeral" },
];
const anonymous = { sessionIndex: 0, identities: [], requestKey: undefined };

class Run {
  readonly tree: Tree = newTree();
  readonly staging = new Staging(this.tree);
  waiting: { transaction: Transaction; operation: Operation; caller: Caller }[] = [];
  /** The model of the staged state, and of the visible one. */
  stagedModel = new NaiveModel();
  readonly visibleModel = new NaiveModel();
  readonly sessions: number[] = [];

  take(taken: Step): void {
    if ("do" in taken) this.do(this.bind(taken.do, taken.sessionIndex), taken);
    else if ("publish" in taken) this.publish(taken.publish);
    else if ("waitMs" in taken) this.stagedModel.timeMs += taken.waitMs;
    else this.lose();
  }

  do(operation: Operation, step: Extract<Step, { do: Operation }>): void {
    const { sessionIndex, identities, requestKey } = step;
    const sessionId = operation.op === "closeSession" ? undefined : this.sessions[sessionIndex];
    // So that some of them ask for the same again.
    const fingerprint = operation.op;
    const request = requestKey === undefined ? undefined : { key: requestKey, fingerprint };
    const caller = { identities, ...(sessionId && { sessionId }), ...(request && { request }) };
    const zxid = (this.waiting.at(-1)?.transaction.zxid ?? this.tree.zxid) + 1;
    const { timeMs } = this.stagedModel;
    const prepared = prepare(operation, caller, this.staging, { zxid, timeMs });
    const expected = this.stagedModel.do(operation, caller);
    if (!prepared.ok) {
      expect({ refused: prepared.refusal.reason }).toEqual(expected);
      return;
    }
    expect(expected.refused).toBeUndefined();
    const { path, existed, data, transacted } = prepared.answered ?? prepared;
    if (operation.op === "create") expect(toldOfCreate({ path, existed, data })).toBe(expected.told);
    if (transacted) expect(told(transacted)).toBe(expected.told);
    if (prepared.read) expect(toldOf(prepared.read.result)).toBe(expected.told);
    if (prepared.changes.length === 0) return;
    const transaction = { zxid, timeMs, changes: prepared.changes };
    this.staging.begin(zxid);
    apply(transaction, this.staging);
    this.waiting.push({ transaction, operation, caller });
    if (operation.op === "openSession") this.sessions.push(zxid);
  }

  publish(count: number): void {
    // From here on they are kept, not counted.
    for (const id of this.sessions) this.staging.ephemeralSum(id);
    for (const { transaction, operation, caller } of this.waiting.splice(0, count)) {
      apply(transaction, this.tree);
      this.tree.zxid = transaction.zxid;
      this.visibleModel.timeMs = transaction.timeMs;
      this.visibleModel.do(operation, caller);
    }
    this.staging.settle(this.tree.zxid);
  }

  lose(): void {
    this.waiting = [];
    this.staging.clear();
    this.stagedModel = this.visibleModel.copy();
  }

  bind(operation: Operation, index: number): Operation {
    return operation.op === "closeSession"
      ? { ...operation, sessionId: this.sessions[index] ?? 999 }
      : operation;
  }

  check(): void {
    for (const [path, node] of this.stagedModel.nodes) {
      expect(comparable(this.staging.node(path))).toEqual(ofModel(this.stagedModel, path, node));
      expect(Buffer.from(this.staging.data(path)!).toString()).toBe(this.stagedModel.dataOf(path));
      const children = this.stagedModel
        .children(path)
        .map((child) => child.slice(child.lastIndexOf("/") + 1));
      expect([...this.staging.childNames(path)]).toEqual(children.sort());
    }
    for (const [path, node] of this.visibleModel.nodes) {
      expect(comparable(this.tree.node(path))).toEqual(ofModel(this.visibleModel, path, node));
      expect(Buffer.from(this.tree.data(path)!).toString()).toBe(this.visibleModel.dataOf(path));
    }
    for (const path of this.stagedModel.quotaPaths()) {
      expect(this.staging.quotaLimits(path) && this.staging.usage(path)).toEqual(
        this.stagedModel.usage(path),
      );
    }
    for (const path of this.visibleModel.quotaPaths()) {
      expect(this.tree.quotaLimits(path) && this.tree.usage(path)).toEqual(this.visibleModel.usage(path));
    }
    expect(this.tree.nodeCount).toBe(this.visibleModel.nodes.size);
    expect(this.tree.sessionCount).toBe(this.visibleModel.sessions.size);
    expect(this.staging.sessionCount).toBe(this.stagedModel.sessions.size);
    for (const id of this.sessions) {
      const owned = [...this.stagedModel.nodes].filter(([, node]) => node.owner === id).map(([path]) => path);
      expect([...this.staging.ephemeralsOf(id)].sort()).toEqual(owned.sort());
      const pathBytes = owned.reduce((bytes, path) => bytes + Buffer.byteLength(path), 0);
      const most = this.staging.ephemeralSumMax(id);
      expect([most.count >= owned.length, most.pathBytes >= pathBytes]).toEqual([true, true]);
      expect(this.staging.ephemeralSum(id)).toEqual({ count: owned.length, pathBytes });
    }
    expect(brokenInvariants(this.tree)).toEqual([]);
  }
}

function comparable(node: NodeRecord | undefined) {
  if (node === undefined) return undefined;
  const { ctimeMs: _, ...stat } = statOf(node);
  return { ...stat, acl: node.acl.entries };
}

function ofModel(model: NaiveModel, path: string, node: ModelNode) {
  const { czxid, mzxid, pzxid, mtimeMs, version, created, deleted, owner, mode, ttlMs, acl, aversion } = node;
  // The reserved nodes were never counted as created.
  const uncounted = path === "/" ? 1 : path === "/zookeeper" ? 2 : 0;
  return {
    czxid,
    mzxid,
    pzxid,
    mtimeMs,
    mode,
    ttlMs,
    version,
    aversion,
    acl,
    cversion: created + deleted - uncounted,
    ephemeralOwner: owner,
    dataLength: Buffer.byteLength(model.dataOf(path)),
    numChildren: model.children(path).length,
  };
}

/** A transaction's answer, in the words of the model. */
function told({ branch, results }: Transacted): string {
  return `${branch}: ${results.map(toldOf).join(", ")}`;
}

function toldOfCreate(created: {
  readonly path?: string | undefined;
  readonly existed?: boolean | undefined;
  readonly data?: Uint8Array | undefined;
}): string {
  const { path, existed, data } = created;
  if (!existed) return path!;
  return `${path} existed${data === undefined ? "" : ` with ${Buffer.from(data).toString()}`}`;
}

function toldOf(result: TransactResult | ReadResult): string {
  switch (result.op) {
    case "create":
      return toldOfCreate(result);
    case "set":
      return "set";
    case "delete":
      return "deleted";
    case "check":
      return "holds";
    case "get":
      return Buffer.from(result.data).toString();
    case "exists":
      return result.stat === undefined ? "missing" : "there";
    case "getAcl":
      return toldOfList(result.entries, true);
    case "list": {
      const names = result.children.map(({ name, stat }) => (stat ? `${name} with its Stat` : name));
      return `${names.join(" ")}${result.more ? " and more" : ""}`;
    }
  }
}

test("the core does what the naive model does, staged, published and lost", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 120, size: "max" }), (steps) => {
      const run = new Run();
      for (const each of beginning) run.take({ do: each, ...anonymous });
      run.publish(run.waiting.length);
      for (const taken of steps) {
        run.take(taken);
      }
      run.check();
      run.publish(run.waiting.length);
      run.check();
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});
