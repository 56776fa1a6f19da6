import fc from "fast-check";
import { expect, test } from "vitest";
import type { EventKind, NodeEvent } from "../../src/core/event.ts";
import { createdNode } from "../../src/core/node.ts";
import { childPath, parentOf } from "../../src/core/path.ts";
import { Watch, type WatchDepth, type WatchKind, watchSpec } from "../../src/core/watch.ts";
import { WatchTable } from "../../src/core/watch-table.ts";

/** Random watches, cancels and events against a list that is searched from end to end. */

type Step =
  | { readonly add: { readonly kind: WatchKind; readonly depth: WatchDepth; readonly path: string } }
  | { readonly remove: number }
  | { readonly fire: { readonly kind: EventKind; readonly path: string } };

const path = fc
  .array(fc.constantFrom("a", "b", "ab"), { maxLength: 4 })
  .map((names) => names.reduce(childPath, "/"));
const oneShot: readonly WatchKind[] = ["data", "exists", "children"];
const kinds: readonly WatchKind[] = [...oneShot, "persistent", "persistentRecursive", "subtree"];
const eventKinds: EventKind[] = ["nodeCreated", "nodeDataChanged", "nodeDeleted", "nodeChildrenChanged"];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      add: fc.record({
        kind: fc.constantFrom(...kinds),
        depth: fc.constantFrom<WatchDepth>(0, 1, "all"),
        path,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ fire: fc.record({ kind: fc.constantFrom(...eventKinds), path }) }) },
);

type Entry = Watch<undefined>;

/** Whether an event fires a watch: ZooKeeper's WatchManager, in one expression a kind. */
function fires({ kind, path }: NodeEvent, { spec, path: on }: Entry): boolean {
  const children = kind === "nodeChildrenChanged";
  switch (spec.kind) {
    case "data":
    case "exists":
      return on === path && !children;
    case "children":
      return on === path && (children || kind === "nodeDeleted");
    case "persistent":
      return on === path;
    default:
      return !children && reaches(on, spec.depth, path);
  }
}

function reaches(on: string, depth: WatchDepth, path: string): boolean {
  if (on === path) return true;
  if (depth === "all") return on === "/" || path.startsWith(`${on}/`);
  return depth === 1 && path !== "/" && parentOf(path) === on;
}

/** Whether any event on the path could fire it. */
function watches(path: string, watch: Entry): boolean {
  const own = eventKinds.map((kind) => eventOn(kind, path));
  return own.some((event) => fires(event, watch));
}

function eventOn(kind: EventKind, path: string): NodeEvent {
  const node = createdNode({ zxid: 1, timeMs: 1 }, {}, 0);
  return { kind, path, zxid: 1, node, dataOmitted: false };
}

class Run {
  readonly table = new WatchTable<undefined>();
  list: Entry[] = [];
  #lastId = 0;

  take(taken: Step): void {
    if ("add" in taken) this.add(taken.add);
    else if ("remove" in taken) this.remove(taken.remove);
    else this.fire(eventOn(taken.fire.kind, taken.fire.path));
  }

  add({ kind, depth, path }: Extract<Step, { add: object }>["add"]): void {
    const spec = watchSpec(kind, kind === "subtree" ? depth : "all", noForm);
    const watch = new Watch<undefined>(undefined, ++this.#lastId, path, spec, 0);
    this.table.add(watch);
    this.list.push(watch);
  }

  remove(index: number): void {
    const [watch] = this.list.splice(index % Math.max(1, this.list.length), 1);
    if (watch === undefined) return;
    this.table.remove(watch);
    expect(watch.over).toBe(false);
  }

  fire(event: NodeEvent): void {
    const told: Entry[] = [];
    for (const watch of this.table.fire(event)) told.push(watch);
    const expected = this.list.filter((watch) => fires(event, watch));
    expect(idsOf(told)).toEqual(idsOf(expected));
    const isOver = ({ spec }: Entry) => oneShot.includes(spec.kind);
    for (const watch of expected) expect(watch.over).toBe(isOver(watch));
    this.list = this.list.filter((watch) => !(expected.includes(watch) && isOver(watch)));
  }

  check(paths: readonly string[]): void {
    expect(this.table.isEmpty).toBe(this.list.length === 0);
    for (const path of paths) {
      const found = [...this.table.watching(path)];
      expect(idsOf(found)).toEqual(idsOf(this.list.filter((watch) => watches(path, watch))));
      // Those on the path itself come first.
      const away = found.findIndex((watch) => watch.path !== path);
      if (away !== -1) expect(found.slice(away).every((watch) => watch.path !== path)).toBe(true);
    }
    for (const watch of this.list) expect(watch.table).toBe(this.table);
  }
}

const noForm = { withData: false, withPreviousData: false, asText: false };

function idsOf(among: readonly Entry[]): number[] {
  return among.map(({ id }) => id).sort((a, b) => a - b);
}

test("the table fires, forgets and finds what a list does", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.array(path, { minLength: 3, maxLength: 3 }),
      (steps, paths) => {
        const run = new Run();
        for (const taken of steps) run.take(taken);
        run.check(["/", ...paths]);
        for (const watch of run.list.splice(0)) run.table.remove(watch);
        run.check(paths);
      },
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});

test("watches on one path are told in the order in which they came, also after some have left", () => {
  const run = new Run();
  for (let i = 0; i < 6; i++) run.add({ kind: "persistent", depth: "all", path: "/a" });
  run.remove(0);
  run.remove(2);
  run.add({ kind: "persistent", depth: "all", path: "/a" });
  const told: number[] = [];
  for (const { id } of run.table.fire(eventOn("nodeDataChanged", "/a"))) told.push(id);
  expect(told).toEqual([2, 3, 5, 6, 7]);
});

test("a watch that was told its one event can be added again", () => {
  const run = new Run();
  run.add({ kind: "data", depth: "all", path: "/a" });
  const [watch] = run.list;
  run.fire(eventOn("nodeDataChanged", "/a"));
  expect(run.table.isEmpty).toBe(true);
  run.table.add(watch!);
  expect([...run.table.watching("/a")]).toEqual([watch]);
});

test("watches may come and go while an event fires others: each that stays is fired once, and none that came later", () => {
  const run = new Run();
  const onPath = { kind: "persistent", depth: "all", path: "/a" } as const;
  for (let i = 0; i < 6; i++) run.add(onPath);
  const [first, second, third, , , last] = run.list;
  const told: number[] = [];
  for (const watch of run.table.fire(eventOn("nodeDataChanged", "/a"))) {
    told.push(watch.id);
    if (watch === second) {
      for (const gone of [first, second, third, last]) run.table.remove(gone!);
      run.add(onPath);
    }
  }
  expect(told).toEqual([1, 2, 4, 5]);
  expect([...run.table.watching("/a")].map(({ id }) => id)).toEqual([4, 5, 7]);
});
