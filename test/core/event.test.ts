import { describe, expect, test } from "vitest";
import type { Change, Transaction } from "../../src/core/change.ts";
import { eventsOf, type NodeEvent } from "../../src/core/event.ts";
import { createdNode, statOf } from "../../src/core/node.ts";
import { dataBytesMax, eventDataBytesMax } from "../../src/limits.ts";
import { CoreState } from "../support/core-state.ts";

/** The events of the last transaction. */
function lastEvents(state: CoreState): NodeEvent[] {
  return eventsOf(state.history.at(-1)!);
}

/** What an event says of data, as text. */
function dataOf({ data, previousData, dataOmitted }: NodeEvent) {
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
  return { data: text(data), previousData: text(previousData), dataOmitted };
}

function withSl(): CoreState {
  const state = new CoreState();
  state.create("/sl", "20");
  return state;
}

describe("data", () => {
  test("of a creation are the new ones", () => {
    const [created, children] = lastEvents(withSl());
    expect(dataOf(created!)).toEqual({ data: "20", previousData: undefined, dataOmitted: false });
    expect(dataOf(children!)).toEqual({ data: undefined, previousData: undefined, dataOmitted: false });
  });

  test("of a change are both", () => {
    const state = withSl();
    state.set("/sl", "30");
    const [changed, ...rest] = lastEvents(state);
    expect(dataOf(changed!)).toEqual({ data: "30", previousData: "20", dataOmitted: false });
    expect(rest).toEqual([]);
  });

  test("of a deletion are those from before", () => {
    const state = withSl();
    state.delete("/sl");
    const [deleted, children] = lastEvents(state);
    expect(dataOf(deleted!)).toEqual({ data: undefined, previousData: "20", dataOmitted: false });
    expect(dataOf(children!)).toEqual({ data: undefined, previousData: undefined, dataOmitted: false });
  });
});

describe("the node", () => {
  test("is as the change left it, and so is the parent", () => {
    const state = withSl();
    state.timeMs = 2_000;
    state.create("/sl/a");
    const [created, children] = lastEvents(state);
    expect(created).toMatchObject({ kind: "nodeCreated", path: "/sl/a", zxid: 2, node: state.node("/sl/a") });
    expect(children).toMatchObject({ kind: "nodeChildrenChanged", path: "/sl", zxid: 2 });
    expect(statOf(children!.node)).toMatchObject({ pzxid: 2, cversion: 1, numChildren: 1, mzxid: 1 });
    state.set("/sl", "30");
    const [changed] = lastEvents(state);
    expect(changed).toMatchObject({ kind: "nodeDataChanged", zxid: 3, node: state.node("/sl") });
    expect(statOf(changed!.node)).toMatchObject({ mzxid: 3, mtimeMs: 2_000, version: 1, pzxid: 2 });
  });

  test("is as it was just before, when it is deleted; its parent as it is after", () => {
    const state = withSl();
    state.set("/sl", "thirty");
    const before = state.node("/sl");
    const root = state.node("/");
    state.delete("/sl");
    const [deleted, children] = lastEvents(state);
    expect(deleted).toMatchObject({
      kind: "nodeDeleted",
      path: "/sl",
      zxid: 3,
      node: before,
      deletedMs: state.timeMs,
    });
    expect(children).toMatchObject({ kind: "nodeChildrenChanged", path: "/", node: state.node("/") });
    expect(children!.node).toEqual({ ...root, pzxid: 3, numChildren: root.numChildren - 1 });
  });
});

test("events come change by change, a node's own before its parent's; sessions have none", () => {
  const state = new CoreState();
  state.create("/p");
  const owner = state.session();
  expect(lastEvents(state)).toEqual([]);
  for (const path of ["/p/a", "/q", "/p/b"]) state.createMode(path, "ephemeral", owner);
  state.close(owner);
  const told = lastEvents(state);
  expect(new Set(told.map(({ zxid }) => zxid))).toEqual(new Set([state.tree.zxid]));
  expect(told.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    "nodeDeleted /p/a",
    "nodeChildrenChanged /p",
    "nodeDeleted /q",
    "nodeChildrenChanged /",
    "nodeDeleted /p/b",
    "nodeChildrenChanged /p",
  ]);
  // Each sees its parent after its own deletion, not after all.
  const counts = told.filter(({ path }) => path === "/p").map(({ node }) => node.numChildren);
  expect(counts).toEqual([1, 0]);
});

describe("a transaction with too many data for one message", () => {
  const largest = Buffer.alloc(dataBytesMax, "x");

  function creations(...sizes: number[]): Transaction {
    const stamp = { zxid: 1, timeMs: 1 };
    const parent = createdNode(stamp, {}, 0);
    const changes = sizes.map<Change>((size, i) => ({
      kind: "nodeCreated",
      path: `/n${i}`,
      data: largest.subarray(0, size),
      node: createdNode(stamp, {}, size),
      parent,
    }));
    return { ...stamp, changes };
  }

  /** The length of the data of each creation, or that they are left out. */
  function told(transaction: Transaction) {
    const own = eventsOf(transaction).filter(({ kind }) => kind !== "nodeChildrenChanged");
    return own.map(({ data, dataOmitted }) => (dataOmitted ? "omitted" : data?.length));
  }

  test("has them in as many events as fit, and says that the others are left out", () => {
    expect(told(creations(dataBytesMax, dataBytesMax, dataBytesMax, 1))).toEqual([
      dataBytesMax,
      dataBytesMax,
      dataBytesMax,
      "omitted",
    ]);
    expect(eventDataBytesMax).toBe(3 * dataBytesMax);
  });

  test("leaves nothing out of an event that has no data", () => {
    const events = eventsOf(creations(dataBytesMax, dataBytesMax, dataBytesMax, 1, 0));
    expect(events.filter(({ dataOmitted }) => dataOmitted).map(({ path }) => path)).toEqual(["/n3"]);
  });

  test("that ends a session does not even keep them", () => {
    const state = new CoreState();
    const owner = state.session();
    for (const path of ["/a", "/b", "/c", "/d", "/e"]) {
      const data = path === "/e" ? new Uint8Array() : largest;
      state.do({ op: "create", path, data, mode: "ephemeral" }, owner);
    }
    state.close(owner);
    const deleted = lastEvents(state).filter(({ kind }) => kind === "nodeDeleted");
    expect(
      deleted.map(({ path, previousData, dataOmitted }) => [path, previousData?.length, dataOmitted]),
    ).toEqual([
      ["/a", dataBytesMax, false],
      ["/b", dataBytesMax, false],
      ["/c", dataBytesMax, false],
      ["/d", undefined, true],
      ["/e", undefined, false],
    ]);
    const kept = state.history.at(-1)!.changes.map((each) => "previousData" in each && each.previousData);
    expect(kept[3]).toBeUndefined();
  });

  test("is never one change alone: the largest node can be set to the largest data", () => {
    const state = new CoreState();
    state.do({ op: "create", path: "/a", data: largest, mode: "persistent" });
    state.do({ op: "set", path: "/a", data: largest, version: -1 });
    const [changed] = lastEvents(state);
    expect([changed?.data?.length, changed?.previousData?.length]).toEqual([dataBytesMax, dataBytesMax]);
    expect(changed?.dataOmitted).toBe(false);
  });
});
