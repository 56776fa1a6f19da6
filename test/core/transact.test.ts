import { beforeEach, expect, test } from "vitest";
import { eventsOf } from "../../src/core/event.ts";
import type { TransactOperation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import { defaultLimits, type OperationLimits } from "../../src/core/prepare/prepared.ts";
import { Staging } from "../../src/core/staging.ts";
import { packTransactions, unpackTransactions } from "../../src/journal/codec.ts";
import { dataBytesMax, ephemeralsPerSessionMax, transactionDataBytesMax } from "../../src/limits.ts";
import { CoreState, verdict } from "../support/core-state.ts";

let state: CoreState;

beforeEach(() => {
  state = new CoreState();
});

const create = (path: string, data = new Uint8Array()): TransactOperation => ({
  op: "create",
  path,
  data,
  mode: "persistent",
});
const set = (path: string, data = new Uint8Array()): TransactOperation => ({
  op: "set",
  path,
  data,
  version: -1,
});

function transact(...operations: TransactOperation[]) {
  return state.do({ op: "transact", conditions: [], operations, elseOperations: [] });
}

function limited(limits: Partial<OperationLimits>, ...operations: TransactOperation[]) {
  const operation = { op: "transact", conditions: [], operations, elseOperations: [] } as const;
  return prepare(operation, {}, state.tree, { zxid: 1, timeMs: 0 }, { ...defaultLimits, ...limits });
}

function tooLarge(what: string, actual: number, limit: number) {
  return { refusal: { reason: "TRANSACTION_TOO_LARGE", facts: { what, actual, limit } } };
}

test("what it leaves is decided on a scratch: a refused one has staged nothing", () => {
  const staging = new Staging(state.tree);
  const operation = {
    op: "transact",
    conditions: [],
    operations: [create("/a"), create("/a/b"), create("/none/x")],
    elseOperations: [],
  } as const;
  expect(verdict(prepare(operation, {}, staging, { zxid: 1, timeMs: 0 }))).toBe("NO_NODE");
  expect(staging.node("/a")).toBeUndefined();
  expect([...staging.childNames("/")]).toEqual(["zookeeper"]);
});

test("the number of its changes is limited, and so are their bytes", () => {
  const three = [create("/a"), create("/b"), create("/c")];
  expect(verdict(limited({ changesMax: 3 }, ...three))).toBe("ok");
  expect(limited({ changesMax: 2 }, ...three)).toMatchObject(tooLarge("changes", 3, 2));
  expect(verdict(limited({ pathBytesMax: 6 }, ...three))).toBe("ok");
  expect(limited({ pathBytesMax: 5 }, ...three)).toMatchObject(tooLarge("bytes of paths", 6, 5));
  expect(limited({ transactionOperationsMax: 2 }, ...three)).toMatchObject(tooLarge("operations", 3, 2));
});

test("data beyond its limit are refused, and a single operation's limits hold inside it", () => {
  const megabyte = new Uint8Array(dataBytesMax);
  const five = Array.from({ length: 5 }, (_, i) => create(`/n${i}`, megabyte));
  const limit = transactionDataBytesMax;
  const facts = { what: "bytes of data", limit, op_index: 4, branch: "then" };
  expect(transact(...five)).toMatchObject({ refusal: { reason: "TRANSACTION_TOO_LARGE", facts } });
  expect(transact(create("/a"), create("/b", new Uint8Array(dataBytesMax + 1)))).toMatchObject({
    refusal: { reason: "DATA_TOO_LARGE", facts: { op_index: 1 } },
  });
});

test("a session's ephemeral nodes are limited in it too", () => {
  const owner = state.session();
  for (let i = 1; i < ephemeralsPerSessionMax; i++) state.createMode("/e-", "ephemeralSequential", owner);
  const ephemeral = {
    op: "create",
    path: "/e-",
    data: new Uint8Array(),
    mode: "ephemeralSequential",
  } as const;
  const operations = [ephemeral, ephemeral];
  const refused = state.do({ op: "transact", conditions: [], operations, elseOperations: [] }, owner);
  expect(refused).toMatchObject({ refusal: { reason: "TOO_MANY_EPHEMERALS", facts: { op_index: 1 } } });
});

test("data from before are carried as far as events may tell them, and the journal keeps it so", () => {
  const megabyte = Buffer.alloc(dataBytesMax, "x");
  for (let i = 0; i < 4; i++) state.do({ op: "create", path: `/n${i}`, data: megabyte, mode: "persistent" });
  transact(set("/n0"), set("/n1"), set("/n2"), set("/n3"), { op: "delete", path: "/n3", version: -1 });
  const [transaction] = unpackTransactions(packTransactions([state.history.at(-1)!]));
  const events = eventsOf(transaction!).filter(({ kind }) => kind === "nodeDataChanged");
  expect(events.map(({ previousData, dataOmitted }) => [previousData?.length, dataOmitted])).toEqual([
    [dataBytesMax, false],
    [dataBytesMax, false],
    [dataBytesMax, false],
    [undefined, true],
  ]);
});
