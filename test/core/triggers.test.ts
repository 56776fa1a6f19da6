import { expect, test } from "vitest";
import { eventsOf, type NodeEvent } from "../../src/core/event.ts";
import type { CreateMode } from "../../src/core/operation.ts";
import { Watch, type WatchKind, watchSpec } from "../../src/core/watch.ts";
import { WatchTable } from "../../src/core/watch-table.ts";
import { CoreState } from "../support/core-state.ts";

/** What the trigger matrix cannot show: several watches on one event, and several events of one change. */

const form = { withData: false, withPreviousData: false, asText: false };

/** A table of watches on paths; their ids count from 1. */
function tableOf(...watches: readonly [WatchKind, string][]): WatchTable<undefined> {
  const table = new WatchTable<undefined>();
  for (const [i, [kind, path]] of watches.entries()) {
    table.add(new Watch(undefined, i + 1, path, watchSpec(kind, "all", form), 0));
  }
  return table;
}

/** Each event of the last transaction, and the watches that it fires. */
function fireLast(state: CoreState, table: WatchTable<undefined>): string[] {
  return eventsOf(state.history.at(-1)!).map((event: NodeEvent) => {
    const ids: number[] = [];
    for (const { id } of table.fire(event)) ids.push(id);
    return `${event.zxid} ${event.kind} ${event.path} -> ${ids}`;
  });
}

test("data and children watches on a node that is deleted share one event, and are both over", () => {
  const state = new CoreState();
  state.create("/p");
  const table = tableOf(["data", "/p"], ["children", "/p"]);
  state.delete("/p");
  expect(fireLast(state, table)).toEqual(["2 nodeDeleted /p -> 1,2", "2 nodeChildrenChanged / -> "]);
  expect(table.isEmpty).toBe(true);
});

test("one-shot, persistent and recursive watches on one path live side by side; only one-shots go", () => {
  const state = new CoreState();
  state.create("/p");
  const table = tableOf(["data", "/p"], ["persistent", "/p"], ["persistentRecursive", "/p"]);
  state.set("/p", "1");
  expect(fireLast(state, table)).toEqual(["2 nodeDataChanged /p -> 1,2,3"]);
  state.set("/p", "2");
  expect(fireLast(state, table)).toEqual(["3 nodeDataChanged /p -> 2,3"]);
});

test.each<CreateMode>(["persistent", "persistentSequential", "ephemeral", "ephemeralSequential"])(
  "a creation is told in the same way in mode %s, by the name that the node got",
  (mode) => {
    const state = new CoreState();
    state.create("/p");
    const owner = state.session();
    const path = mode.endsWith("Sequential") ? "/p/n0000000000" : "/p/n";
    const table = tableOf(["exists", path], ["children", "/p"], ["persistentRecursive", "/"]);
    state.createMode("/p/n", mode, owner);
    expect(fireLast(state, table)).toEqual([`3 nodeCreated ${path} -> 1,3`, "3 nodeChildrenChanged /p -> 2"]);
  },
);

test("the end of a session fires node by node under one zxid: a one-shot on the parent by the first alone", () => {
  const state = new CoreState();
  state.create("/p");
  const owner = state.session();
  for (const name of ["a", "b", "c"]) state.createMode(`/p/${name}`, "ephemeral", owner);
  const table = tableOf(["children", "/p"], ["persistent", "/p"], ["data", "/p/b"]);
  state.close(owner);
  expect(fireLast(state, table)).toEqual([
    "6 nodeDeleted /p/a -> ",
    "6 nodeChildrenChanged /p -> 1,2",
    "6 nodeDeleted /p/b -> 3",
    "6 nodeChildrenChanged /p -> 2",
    "6 nodeDeleted /p/c -> ",
    "6 nodeChildrenChanged /p -> 2",
  ]);
});
