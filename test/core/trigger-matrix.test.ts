import { describe, expect, test } from "vitest";
import { apply } from "../../src/core/apply.ts";
import type { Transaction } from "../../src/core/change.ts";
import { type EventKind, eventsOf } from "../../src/core/event.ts";
import { anonymous, type Operation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { Watch, type WatchDepth, type WatchKind, watchSpec } from "../../src/core/watch.ts";
import { WatchTable } from "../../src/core/watch-table.ts";
import { CoreState } from "../support/core-state.ts";

/**
 * What each change tells each watch. The columns are watches, by their kind and the node they are set on; P is a
 * node below `parent`, which is below `grand`.
 *
 *   +P  P was created        -P  P was deleted       ~parent  children of parent changed
 *   =P  P's data were set    ×1  the watch is over; without it, it stays
 *
 * An empty cell is a watch that ZooKeeper could not have set, since P is there or is not. The transaction sets P,
 * creates and deletes P/c, and creates R beside P.
 */
const ofZooKeeper = `
                           | exists | data    | exists  | children | persistent | recursive     | data    | children   | persistent      | recursive       | recursive       | recursive
                           | absent | P       | P       | P        | P          | P             | parent  | parent     | parent          | parent          | grand           | root
create P                   | +P ×1  |         |         |          | +P         | +P            | nothing | ~parent ×1 | ~parent         | +P              | +P              | +P
set P to other bytes       |        | =P ×1   | =P ×1   | nothing  | =P         | =P            | nothing | nothing    | nothing         | =P              | =P              | =P
set P to the same bytes    |        | =P ×1   | =P ×1   | nothing  | =P         | =P            | nothing | nothing    | nothing         | =P              | =P              | =P
delete P                   |        | -P ×1   | -P ×1   | -P ×1    | -P         | -P            | nothing | ~parent ×1 | ~parent         | -P              | -P              | -P
reap P: a container or TTL |        | -P ×1   | -P ×1   | -P ×1    | -P         | -P            | nothing | ~parent ×1 | ~parent         | -P              | -P              | -P
end session of P and Q     |        | -P ×1   | -P ×1   | -P ×1    | -P         | -P            | nothing | ~parent ×1 | ~parent ~parent | -P -Q           | -P -Q           | -P -Q
create, delete P/c         |        | nothing | nothing | ~P ×1    | ~P ~P      | +P/c -P/c     | nothing | nothing    | nothing         | +P/c -P/c       | +P/c -P/c       | +P/c -P/c
create, delete P/b/d       |        | nothing | nothing | nothing  | nothing    | +P/b/d -P/b/d | nothing | nothing    | nothing         | +P/b/d -P/b/d   | +P/b/d -P/b/d   | +P/b/d -P/b/d
transaction                |        | =P ×1   | =P ×1   | ~P ×1    | =P ~P ~P   | =P +P/c -P/c  | nothing | ~parent ×1 | ~parent         | =P +P/c -P/c +R | =P +P/c -P/c +R | =P +P/c -P/c +R
what is refused            |        | nothing | nothing | nothing  | nothing    | nothing       | nothing | nothing    | nothing         | nothing         | nothing         | nothing
`;

/** Corral's own SUBTREE watches, by depth. */
const ofCorral = `
                           | depth 0 | depth 1      | all           | depth 0 | depth 1 | all             | depth 0 | depth 1 | all
                           | P       | P            | P             | parent  | parent  | parent          | grand   | grand   | grand
create P                   | +P      | +P           | +P            | nothing | +P      | +P              | nothing | nothing | +P
set P to other bytes       | =P      | =P           | =P            | nothing | =P      | =P              | nothing | nothing | =P
set P to the same bytes    | =P      | =P           | =P            | nothing | =P      | =P              | nothing | nothing | =P
delete P                   | -P      | -P           | -P            | nothing | -P      | -P              | nothing | nothing | -P
reap P: a container or TTL | -P      | -P           | -P            | nothing | -P      | -P              | nothing | nothing | -P
end session of P and Q     | -P      | -P           | -P            | nothing | -P -Q   | -P -Q           | nothing | nothing | -P -Q
create, delete P/c         | nothing | +P/c -P/c    | +P/c -P/c     | nothing | nothing | +P/c -P/c       | nothing | nothing | +P/c -P/c
create, delete P/b/d       | nothing | nothing      | +P/b/d -P/b/d | nothing | nothing | +P/b/d -P/b/d   | nothing | nothing | +P/b/d -P/b/d
transaction                | =P      | =P +P/c -P/c | =P +P/c -P/c  | nothing | =P +R   | =P +P/c -P/c +R | nothing | nothing | =P +P/c -P/c +R
what is refused            | nothing | nothing      | nothing       | nothing | nothing | nothing         | nothing | nothing | nothing
`;

const places: Record<string, string> = {
  root: "/",
  grand: "/grand",
  parent: "/grand/parent",
  P: "/grand/parent/P",
  absent: "/grand/parent/P",
};
const { parent, P } = places as { parent: string; P: string };

/** A row: the state before, and the change. */
interface Row {
  readonly before?: (state: CoreState) => void;
  readonly change: (state: CoreState) => void;
}

const withP = (state: CoreState) => state.create(P, "20");

const rows: Record<string, Row> = {
  "create P": { change: (state) => state.create(P) },
  "set P to other bytes": { before: withP, change: (state) => state.set(P, "30") },
  "set P to the same bytes": { before: withP, change: (state) => state.set(P, "20") },
  "delete P": { before: withP, change: (state) => state.delete(P) },
  "reap P: a container or TTL": { before: withP, change: reap },
  "end session of P and Q": {
    before: (state) => {
      const owner = state.session();
      for (const path of [P, `${parent}/Q`]) state.createMode(path, "ephemeral", owner);
    },
    change: (state) => state.close({ sessionId: state.node(P).ephemeralOwner }),
  },
  "create, delete P/c": {
    before: withP,
    change: (state) => {
      state.create(`${P}/c`);
      state.delete(`${P}/c`);
    },
  },
  "create, delete P/b/d": {
    before: (state) => {
      withP(state);
      state.create(`${P}/b`);
    },
    change: (state) => {
      state.create(`${P}/b/d`);
      state.delete(`${P}/b/d`);
    },
  },
  transaction: {
    before: withP,
    change: (state) =>
      transact(state, set(P, "30"), create(`${P}/c`), remove(`${P}/c`), create(`${parent}/R`)),
  },
  "what is refused": {
    before: withP,
    change: (state) => {
      expect(state.create(P).ok).toBe(false);
      expect(state.set(P, "30", 7).ok).toBe(false);
      expect(state.delete(P, 7).ok).toBe(false);
      expect(state.delete(parent).ok).toBe(false);
      expect(state.create(`${P}/no/where`).ok).toBe(false);
    },
  },
};

describe.each([
  ["ZooKeeper's watches", ofZooKeeper],
  ["subtree watches", ofCorral],
])("%s", (_title, text) => {
  const [kinds = [], where = [], ...lines] = text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  test("have a row for each change", () => {
    expect(lines.map(([change]) => change)).toEqual(Object.keys(rows));
  });

  test.each(lines.map(([change = "", ...cells]) => ({ change, cells })))("$change", ({ change, cells }) => {
    const columns = cells.map((cell, i) => ({ cell, kind: kinds[i + 1]!, on: where[i + 1]! }));
    const told = outcome(rows[change]!, columns);
    expect(told).toEqual(columns.map(({ kind, on, cell }) => `${kind} on ${on}: ${cell}`));
  });
});

interface Column {
  readonly kind: string;
  readonly on: string;
  readonly cell: string;
}

/** Sets the watches of all columns side by side, lets the change happen, and says of each what it was told. */
function outcome({ before, change }: Row, columns: readonly Column[]): string[] {
  const state = new CoreState();
  for (const path of [places["grand"]!, parent]) state.create(path);
  before?.(state);
  const watches = columns.map(({ kind, on }, i) => watchOf(kind, places[on]!, i));
  const table = new WatchTable<string[]>();
  for (const [i, watch] of watches.entries()) if (columns[i]!.cell !== "") table.add(watch);
  const from = state.history.length;
  change(state);
  for (const transaction of state.history.slice(from)) fire(table, transaction);
  return watches.map(({ owner, over }, i) => {
    const { kind, on, cell } = columns[i]!;
    const told = owner.length === 0 ? "nothing" : owner.join(" ");
    return `${kind} on ${on}: ${cell === "" ? "" : `${told}${over ? " ×1" : ""}`}`;
  });
}

function fire(table: WatchTable<string[]>, transaction: Transaction): void {
  for (const event of eventsOf(transaction)) {
    expect(event.zxid).toBe(transaction.zxid);
    const name = event.path.replace(`${parent}/`, "").replace(parent, "parent");
    for (const { owner } of table.fire(event)) owner.push(signs[event.kind] + name);
  }
}

const signs: Readonly<Record<EventKind, string>> = {
  nodeCreated: "+",
  nodeDataChanged: "=",
  nodeDeleted: "-",
  nodeChildrenChanged: "~",
};

const form = { withData: false, withPreviousData: false, asText: false };

function watchOf(column: string, path: string, id: number): Watch<string[]> {
  const depths: Record<string, WatchDepth> = { "depth 0": 0, "depth 1": 1, all: "all" };
  const depth = depths[column];
  const kind = column === "recursive" ? "persistentRecursive" : (column as WatchKind);
  const spec = depth === undefined ? watchSpec(kind, "all", form) : watchSpec("subtree", depth, form);
  return new Watch<string[]>([], id, path, spec, 0);
}

/** A deletion that no call asked for is a change like any other. */
function reap(state: CoreState): void {
  const stamp = { zxid: state.tree.zxid + 1, timeMs: state.timeMs };
  const node = state.node(P);
  const above = { ...state.node(parent), pzxid: stamp.zxid, numChildren: 0 };
  const previousData = state.tree.data(P)!;
  commit(state, {
    ...stamp,
    changes: [{ kind: "nodeDeleted", path: P, node, previousData, parent: above }],
  });
}

/** Several operations under one zxid. */
function transact(state: CoreState, ...operations: Operation[]): void {
  const stamp = { zxid: state.tree.zxid + 1, timeMs: state.timeMs };
  const changes = operations.flatMap((operation) => {
    const prepared = prepare(operation, anonymous, state.tree, stamp);
    if (!prepared.ok) throw new Error(prepared.refusal.message);
    apply({ ...stamp, changes: prepared.changes }, state.tree);
    return prepared.changes;
  });
  state.tree.zxid = stamp.zxid;
  state.history.push({ ...stamp, changes });
}

function commit(state: CoreState, transaction: Transaction): void {
  apply(transaction, state.tree);
  state.tree.zxid = transaction.zxid;
  state.history.push(transaction);
}

const create = (path: string): Operation => ({
  op: "create",
  path,
  data: new Uint8Array(),
  mode: "persistent",
});
const set = (path: string, text: string): Operation => ({
  op: "set",
  path,
  data: Buffer.from(text),
  version: -1,
});
const remove = (path: string): Operation => ({ op: "delete", path, version: -1 });
