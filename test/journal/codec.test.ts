import fc from "fast-check";
import { expect, test } from "vitest";
import { aclOf, openAcl } from "../../src/core/acl.ts";
import type { Change, Stamp, Transaction } from "../../src/core/change.ts";
import { createdNode, type NodeRecord } from "../../src/core/node.ts";
import { packTransactions, unpackTransactions } from "../../src/journal/codec.ts";
import { dataBytesMax, ttlMsMax, zxidMax } from "../../src/limits.ts";
import { at, created, dataSet, deleted, plain } from "./state.ts";

const path = fc.string({ unit: "binary", maxLength: 200 }).map((name) => `/${name}`);
const data = fc.uint8Array({ maxLength: 300 });
const int32 = fc.integer({ min: -1, max: 2 ** 31 - 1 });
const id = fc.integer({ min: 1, max: zxidMax });
const timeoutMs = fc.nat();
const wallMs = fc.integer({ min: -1e12, max: 8.64e15 });
const zxid = fc.integer({ min: 0, max: zxidMax });
const acl = fc.constantFrom(openAcl, aclOf([{ scheme: "jwt", id: "\u00e9:a,b", permissions: 5 }]));
const node: fc.Arbitrary<NodeRecord> = fc.record({
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  ctimeMs: wallMs,
  mtimeMs: wallMs,
  version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  creates: int32,
  aversion: int32,
  ephemeralOwner: zxid,
  lifetimeMs: fc.integer({ min: -1, max: ttlMsMax }),
  acl,
  dataLength: fc.nat(),
  numChildren: fc.nat(),
});
const previousData = fc.option(data, { nil: undefined });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("nodeCreated" as const), path, data, node, parent: node }),
  fc.record({ kind: fc.constant("nodeDataSet" as const), path, data, node, previousData }),
  fc.record({ kind: fc.constant("nodeAclSet" as const), path, node }),
  fc.record({ kind: fc.constant("nodeDataSet" as const), path, data, node, previousData, takenFrom: id }),
  fc.record({
    kind: fc.constant("nodeDeleted" as const),
    path,
    node,
    previousData,
    parent: node,
  }),
  fc.record({
    kind: fc.constant("sessionOpened" as const),
    sessionId: id,
    secret: fc.string(),
    timeoutMs,
    owner: fc.string(),
  }),
  fc.record({ kind: fc.constant("sessionTimeoutSet" as const), sessionId: id, timeoutMs }),
  fc.record({ kind: fc.constant("sessionClosed" as const), sessionId: id }),
  fc.record({
    kind: fc.constant("requestAnswered" as const),
    zxid: id,
    timeMs: wallMs,
    key: fc.string(),
    fingerprint: fc.string(),
    answer: fc.string(),
    holder: fc.string(),
    forgets: fc.array(id),
  }),
);
const batch: fc.Arbitrary<Transaction[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: zxidMax }), { maxLength: 20 }),
    fc.infiniteStream(fc.record({ timeMs: wallMs, changes: fc.array(change) })),
  )
  .map(([zxids, rest]) =>
    zxids
      .sort((a, b) => a - b)
      .map((zxid) => {
        const { timeMs, changes } = rest.next().value!;
        return {
          zxid,
          timeMs,
          changes: changes.map((each: Change) => ofTransaction(each, { zxid, timeMs })),
        };
      }),
  );

/** A created node is what its transaction makes of it. */
function ofTransaction(each: Change, stamp: Stamp): Change {
  if (each.kind === "requestAnswered") return { ...each, ...stamp };
  if (each.kind !== "nodeCreated") return each;
  return { ...each, node: createdNode(stamp, each.node, each.data.length) };
}

test("what is packed comes back", () => {
  fc.assert(
    fc.property(batch, (transactions) => {
      expect(plain(unpackTransactions(packTransactions(transactions)))).toEqual(plain(transactions));
    }),
  );
});

test("the largest data comes back", () => {
  const largest = Buffer.alloc(dataBytesMax, "corral");
  const { zxid, timeMs, changes } = at(zxidMax - 1, dataSet("/größe/🐎", largest, 1));
  const [transaction] = unpackTransactions(packTransactions([{ zxid, timeMs, changes }]));
  const [set] = transaction!.changes;
  expect(transaction).toMatchObject({ zxid, timeMs });
  expect(set).toMatchObject({ path: "/größe/🐎" });
  expect(set?.kind === "nodeDataSet" && largest.equals(set.data)).toBe(true);
});

test("a batch owns its memory, so that it can be transferred", () => {
  const packed = packTransactions([at(1, deleted("/a"))]);
  structuredClone(packed, { transfer: [packed.buffer] });
  expect(packed.byteLength).toBe(0);
});

test("bytes in another format, cut short or of an unknown kind are refused", () => {
  const packed = packTransactions([at(1, deleted("/a"))]);
  expect(() => unpackTransactions(Uint8Array.of(9))).toThrow("unknown format 9");
  for (let length = 2; length < packed.length; length++) {
    expect(() => unpackTransactions(packed.subarray(0, length))).toThrow(RangeError);
  }
  // After the version, the zxid, the time and the number of changes.
  packed[1 + 1 + 8 + 1] = 77;
  expect(() => unpackTransactions(packed)).toThrow("unknown kind 77");
});

test("what cannot be stored exactly is refused", () => {
  const pack = (zxid: number, nodePath: string) => packTransactions([at(zxid, deleted(nodePath))]);
  expect(() => pack(2 ** 53, "/a")).toThrow(RangeError);
  expect(() => pack(1.5, "/a")).toThrow(RangeError);
  expect(() => pack(1, "/\ud800")).toThrow("lone surrogate");
});

test("a batch says each access control list once, however many changes have it", () => {
  const long = aclOf([{ scheme: "jwt", id: "a".repeat(5_000), permissions: 1 }]);
  const batch = Array.from({ length: 100 }, (_, i) => at(i + 1, created(`/${i}`, { acl: long })));
  const packed = packTransactions(batch);
  expect(packed.length).toBeLessThan(20_000);
  const lists = unpackTransactions(packed).map(
    ({ changes: [change] }) => change && "node" in change && change.node.acl,
  );
  expect(new Set(lists).size).toBe(1);
  expect(lists[0]).toEqual(long);
});
