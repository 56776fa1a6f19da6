import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change, Transaction } from "../../src/core/change.ts";
import { packTransactions, unpackTransactions } from "../../src/journal/codec.ts";
import { dataBytesMax, zxidMax } from "../../src/limits.ts";

const path = fc.string({ unit: "binary", maxLength: 200 }).map((name) => `/${name}`);
const data = fc.uint8Array({ maxLength: 300 });
const int32 = fc.integer({ min: -1, max: 2 ** 31 - 1 });
const id = fc.integer({ min: 1, max: zxidMax });
const timeoutMs = fc.nat();
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant("nodeCreated" as const),
    path,
    data,
    ephemeralOwner: fc.integer({ min: 0, max: zxidMax }),
    parentCreates: int32,
  }),
  fc.record({ kind: fc.constant("nodeDataSet" as const), path, data, version: int32 }),
  fc.record({ kind: fc.constant("nodeDeleted" as const), path }),
  fc.record({ kind: fc.constant("sessionOpened" as const), sessionId: id, secret: fc.string(), timeoutMs }),
  fc.record({ kind: fc.constant("sessionTimeoutSet" as const), sessionId: id, timeoutMs }),
  fc.record({ kind: fc.constant("sessionClosed" as const), sessionId: id }),
);
const batch: fc.Arbitrary<Transaction[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: zxidMax }), { maxLength: 20 }),
    fc.infiniteStream(
      fc.record({ timeMs: fc.integer({ min: -1e12, max: 8.64e15 }), changes: fc.array(change) }),
    ),
  )
  .map(([zxids, rest]) =>
    zxids.sort((a, b) => a - b).map((zxid) => ({ zxid, ...rest.next().value! }) satisfies Transaction),
  );

/** Data come back as views of another class; only their bytes matter. */
function plain(transactions: readonly Transaction[]): unknown {
  return transactions.map((transaction) => ({
    ...transaction,
    changes: transaction.changes.map((c) => ("data" in c ? { ...c, data: [...c.data] } : c)),
  }));
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
  const changes = [{ kind: "nodeDataSet", path: "/größe/🐎", data: largest, version: 1 } as const];
  const [transaction] = unpackTransactions(packTransactions([{ zxid: zxidMax, timeMs: 1.5, changes }]));
  const [set] = transaction!.changes;
  expect(transaction).toMatchObject({ zxid: zxidMax, timeMs: 1.5 });
  expect(set).toMatchObject({ path: "/größe/🐎" });
  expect(set?.kind === "nodeDataSet" && largest.equals(set.data)).toBe(true);
});

test("a batch owns its memory, so that it can be transferred", () => {
  const packed = packTransactions([{ zxid: 1, timeMs: 0, changes: [{ kind: "nodeDeleted", path: "/a" }] }]);
  structuredClone(packed, { transfer: [packed.buffer] });
  expect(packed.byteLength).toBe(0);
});

test("bytes in another format, cut short or of an unknown kind are refused", () => {
  const packed = packTransactions([{ zxid: 1, timeMs: 0, changes: [{ kind: "nodeDeleted", path: "/a" }] }]);
  expect(() => unpackTransactions(Uint8Array.of(9))).toThrow("unknown format 9");
  for (let length = 2; length < packed.length; length++) {
    expect(() => unpackTransactions(packed.subarray(0, length))).toThrow(RangeError);
  }
  const kindAt = packed.length - 4;
  packed[kindAt] = 77;
  expect(() => unpackTransactions(packed)).toThrow("unknown kind 77");
});

test("what cannot be stored exactly is refused", () => {
  const pack = (zxid: number, nodePath: string) =>
    packTransactions([{ zxid, timeMs: 0, changes: [{ kind: "nodeDeleted", path: nodePath }] }]);
  expect(() => pack(2 ** 53, "/a")).toThrow(RangeError);
  expect(() => pack(1.5, "/a")).toThrow(RangeError);
  expect(() => pack(1, "/\ud800")).toThrow("lone surrogate");
});
