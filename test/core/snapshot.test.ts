import fc from "fast-check";
import { expect, test } from "vitest";
import { apply } from "../../src/core/apply.ts";
import type { NodeRecord } from "../../src/core/node.ts";
import { comparePaths, isWithin } from "../../src/core/path.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { Snapshot } from "../../src/core/snapshot.ts";
import type { Tree } from "../../src/core/tree.ts";
import { CoreState, newTree } from "../support/core-state.ts";
import { superUser } from "../support/naive-acl.ts";
import { operation } from "../support/random-operations.ts";

/** Everything below a node in the order of a scan, by looking at all there is. */
function subtree(tree: Tree, root: string) {
  return [...tree.paths()]
    .filter((path) => isWithin(path, root))
    .sort(comparePaths)
    .map((path) => ({ path, record: tree.node(path), data: Buffer.from(tree.data(path)!).toString() }));
}

test("paths are compared name by name, a parent before what is below it", () => {
  const sorted = ["/", "/a", "/a/b", "/a/b/c", "/a/c", "/a-b", "/a-b/c", "/b"];
  expect([...sorted].reverse().sort(comparePaths)).toEqual(sorted);
  expect(["/", "/a", "/a/b", "/ab", "/b"].map((path) => isWithin(path, "/a"))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});

const root = fc.constantFrom("/", "/a", "/zookeeper");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: operation }) },
  { weight: 1, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 3 }) }) },
);
const steps = fc.array(step, { maxLength: 60 });

test("a snapshot shows the subtree as it was, whatever happens while it is read", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), root, steps, (before, root, after) => {
      const tree = newTree();
      let snapshot: Snapshot | undefined;
      const sessions: number[] = [];
      const act = (what: (typeof before)[0]) => {
        const sessionId = sessions.at(-1);
        const operation = what.op === "closeSession" ? { ...what, sessionId: sessionId ?? 0 } : what;
        const stamp = { zxid: tree.zxid + 1, timeMs: tree.zxid };
        const prepared = prepare(
          operation,
          { identities: [superUser], ...(sessionId && { sessionId }) },
          tree,
          stamp,
        );
        if (!prepared.ok || prepared.changes.length === 0) return;
        const transaction = { ...stamp, changes: prepared.changes };
        snapshot?.keep(transaction);
        apply(transaction, tree);
        tree.zxid = stamp.zxid;
        if (operation.op === "openSession") sessions.push(stamp.zxid);
        if (operation.op === "closeSession") sessions.pop();
      };
      for (const each of before) act(each);
      if (tree.node(root) === undefined) return;
      const expected = subtree(tree, root);
      snapshot = new Snapshot(tree, root, { withData: true, shows: () => true });
      const read: ReturnType<Snapshot["next"]> = [];
      for (const each of after) {
        if ("do" in each) act(each.do);
        else read.push(...snapshot.next({ nodesMax: each.read, bytesMax: 1e6 }));
      }
      read.push(...snapshot.next({ nodesMax: 1e6, bytesMax: 1e6 }));
      expect(read.map(({ data, ...node }) => ({ ...node, data: Buffer.from(data).toString() }))).toEqual(
        expected,
      );
      expect(snapshot.next({ nodesMax: 1, bytesMax: 1 })).toEqual([]);
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});

test.each([1, 2, 100])(
  "what is not shown is left out, with all below it, whatever the size of a page: %s",
  (nodesMax) => {
    const state = new CoreState();
    for (const path of ["/a", "/a/b", "/h", "/h/x", "/h/x/y", "/h2", "/z"]) state.create(path);
    const hidden = new Set([state.node("/h").czxid, state.node("/z").czxid]);
    const shows = ({ czxid }: NodeRecord) => !hidden.has(czxid);
    const snapshot = new Snapshot(state.tree, "/", { withData: false, shows });
    const read: string[] = [];
    while (!snapshot.isDone) read.push(...snapshot.next({ nodesMax, bytesMax: 1e6 }).map(({ path }) => path));
    expect(read).toEqual(["/", "/a", "/a/b", "/h2", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"]);
  },
);
