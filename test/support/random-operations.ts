// Random operations on few nodes, so that they meet: for the tests that compare histories.
import fc from "fast-check";
import { allPermissions } from "../../src/core/acl.ts";
import type {
  Condition,
  CreateMode,
  NodeOperation,
  Operation,
  TransactOperation,
} from "../../src/core/operation.ts";

const names = ["a", "b", "c", "zookeeper"];

export const path = fc.oneof(
  fc.constantFrom("/", ...names.map((name) => `/${name}`)),
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)).map(([p, n]) => `/${p}/${n}`),
);
const modes: CreateMode[] = [
  "persistent",
  "persistentSequential",
  "ephemeral",
  "ephemeralSequential",
  "container",
  "persistentWithTtl",
  "persistentSequentialWithTtl",
];
const data = fc.string({ maxLength: 8 }).map((text) => Buffer.from(text));
const version = fc.constantFrom(-1, -1, 0, 1, 2);

/** They allow everybody everything, and differ all the same. */
const lists = [undefined, undefined, ["ada"], ["bob"], ["ada", "bob"]].map((ids) => {
  const everybody = { scheme: "world", id: "anyone", permissions: allPermissions };
  return ids && [everybody, ...ids.map((id) => ({ scheme: "jwt", id, permissions: 1 }))];
});

/** Mostly with what goes with the mode. */
const create: fc.Arbitrary<NodeOperation> = fc
  .record({
    path,
    data,
    mode: fc.constantFrom(...modes),
    ttlMs: fc.constantFrom(undefined, undefined, undefined, undefined, 0, 1, 3, 2 ** 40),
    acl: fc.constantFrom(...lists),
    parents: fc.constantFrom(undefined, undefined, "persistent" as const, "container" as const),
    ifExists: fc.constantFrom(
      "fail" as const,
      "fail" as const,
      "get" as const,
      "set" as const,
      "takeOver" as const,
    ),
  })
  .map(({ acl, ...made }) => {
    const ttlMs = made.ttlMs ?? (made.mode.endsWith("Ttl") ? 2 : 0);
    return { ...made, ...(acl && { acl }), op: "create", ttlMs };
  });

export const nodeOperation: fc.Arbitrary<NodeOperation> = fc.oneof(
  { weight: 6, arbitrary: create },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("set" as const), path, data, version }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("delete" as const), path, version, recursive: fc.boolean() }),
  },
);

const quotaNode = fc.constantFrom("", "/a", "/a", "/b", "/a/b").map((path) => `/zookeeper/quota${path}`);
const limitsPath = quotaNode.map((path) => `${path}/zookeeper_limits`);
const limits = fc
  .constantFrom(
    "countHardLimit=3",
    "countHardLimit=5;byteHardLimit=9",
    "count=1,bytes=1=;byteHardLimit=20;countHardLimit=-1",
    "byteHardLimit=6",
    "",
    "nonsense",
  )
  .map((text) => Buffer.from(text));

/** Quotas are set, lowered, raised and taken away; and their usage is touched, which mostly does nothing. */
export const quotaOperation: fc.Arbitrary<NodeOperation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("create" as const),
      path: limitsPath,
      data: limits,
      mode: fc.constant("persistent" as const),
      parents: fc.constant("persistent" as const),
      ifExists: fc.constantFrom("fail" as const, "set" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant("set" as const), path: limitsPath, data: limits, version }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("delete" as const),
      path: fc.oneof(limitsPath, quotaNode),
      version: fc.constant(-1),
      recursive: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("create" as const),
      path: quotaNode.map((path) => `${path}/zookeeper_stats`),
      data: fc.constant(Buffer.from("count=0,bytes=0")),
      mode: fc.constant("persistent" as const),
      ifExists: fc.constantFrom("fail" as const, "get" as const, "set" as const),
    }),
  },
);

const few = fc.nat({ max: 3 });
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ path, test: fc.constant("exists" as const), expected: fc.boolean() }),
  fc.record({ path, test: fc.constant("version" as const), expected: version }),
  fc.record({ path, test: fc.constantFrom("aversion" as const, "numChildren" as const), expected: few }),
  fc.record({ path, test: fc.constant("czxid" as const), expected: fc.nat({ max: 20 }) }),
  fc.record({ path, test: fc.constant("data" as const), expected: data }),
);

const transactOperation: fc.Arbitrary<TransactOperation> = fc.oneof(
  { weight: 8, arbitrary: nodeOperation },
  { weight: 1, arbitrary: quotaOperation },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom("get" as const, "exists" as const),
      path: quotaNode.map((path) => `${path}/zookeeper_stats`),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("check" as const), condition }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("get" as const, "exists" as const), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("list" as const),
      path,
      after: fc.constantFrom("", "a", "b"),
      countMax: fc.integer({ min: 1, max: 4 }),
      withStats: fc.boolean(),
    }),
  },
);
const transactOperations = fc.array(transactOperation, { maxLength: 5 });

/** The session of a close is for the test to fill in. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 13, arbitrary: nodeOperation },
  { weight: 2, arbitrary: quotaOperation },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("transact" as const),
      conditions: fc.array(condition, { maxLength: 2 }),
      operations: transactOperations,
      elseOperations: transactOperations,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("reap" as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("openSession" as const),
      secret: fc.constant("s"),
      timeoutMs: fc.constant(1),
      owner: fc.constantFrom("", "x", "x", "y"),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Operation>({ op: "closeSession", sessionId: 0 }) },
);
