// Random operations on few nodes, so that they meet: for the tests that compare histories.
import fc from "fast-check";
import type {
  Condition,
  CreateMode,
  NodeOperation,
  Operation,
  ReadOperation,
  TransactOperation,
} from "../../src/core/operation.ts";
import { ada, bob, openList, superUser } from "./naive-acl.ts";

const names = ["a", "a", "a", "b", "b", "c", "zookeeper"];

const name = fc.constantFrom(...names);

export const path = fc.oneof(
  { weight: 1, arbitrary: fc.constant("/") },
  { weight: 4, arbitrary: name.map((n) => `/${n}`) },
  { weight: 6, arbitrary: fc.tuple(name, name).map(([p, n]) => `/${p}/${n}`) },
  { weight: 2, arbitrary: fc.tuple(name, name, name).map(([t, p, n]) => `/${t}/${p}/${n}`) },
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

/** Who asks: all have an address, which is nobody that "auth" means. */
export const identities = fc
  .constantFrom([], [ada], [ada], [bob], [bob], [ada, bob], [superUser], [ada, superUser])
  .map((proven) => [{ scheme: "ip", id: "10.0.0.1" }, ...proven]);

const entry = fc
  .tuple(
    fc.constantFrom(openList[0]!, ada, ada, bob, bob, { scheme: "auth", id: "" }),
    // Everything, all but one, or one alone.
    fc.constantFrom(31, 31, 31, 30, 29, 27, 23, 15, 1, 2, 4, 8, 16),
  )
  .map(([{ scheme, id }, permissions]) => ({ scheme, id, permissions }));

/** Lists that deny this and that; seldom one that is not valid. */
const acl = fc.oneof(
  { weight: 16, arbitrary: fc.array(entry, { minLength: 1, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [],
      [{ ...superUser, permissions: 31 }],
      [...openList, { scheme: "world", id: "ada", permissions: 31 }],
      [...openList, { ...ada, permissions: 0 }],
    ),
  },
);

/** Mostly with what goes with the mode. */
const create: fc.Arbitrary<NodeOperation> = fc
  .record({
    path,
    data,
    mode: fc.constantFrom(...modes),
    ttlMs: fc.constantFrom(1, 3),
    acl: fc.option(acl, { nil: undefined }),
    parents: fc.constantFrom(undefined, undefined, "persistent" as const, "container" as const),
    ifExists: fc.constantFrom(
      "fail" as const,
      "fail" as const,
      "get" as const,
      "set" as const,
      "takeOver" as const,
    ),
    wrong: fc.constantFrom(...new Array(12).fill(undefined), { ttlMs: 0 }, { ttlMs: 2 ** 40 }, { ttlMs: 3 }),
    careless: fc.constantFrom(true, false, false, false, false, false),
  })
  .map(({ acl, wrong, careless, ...made }) => {
    const mode = made.ifExists === "takeOver" && !careless ? "ephemeral" : made.mode;
    const ifExists = mode.includes("Sequential") && !careless ? "fail" : made.ifExists;
    const ttlMs = mode.endsWith("Ttl") ? made.ttlMs : 0;
    return { ...made, mode, ifExists, ttlMs, ...(acl && { acl }), op: "create", ...wrong };
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

const look = fc.record({ op: fc.constantFrom("get" as const, "exists" as const), path });
const list = fc.record({
  op: fc.constant("list" as const),
  path,
  after: fc.constantFrom("", "a", "b"),
  countMax: fc.integer({ min: 1, max: 4 }),
  withStats: fc.boolean(),
});
const read: fc.Arbitrary<ReadOperation> = fc.oneof(
  { weight: 1, arbitrary: look },
  { weight: 1, arbitrary: list },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("getAcl" as const), path }) },
);

const setAcl: fc.Arbitrary<Operation> = fc.record({
  op: fc.constant("setAcl" as const),
  path,
  acl,
  aversion: version,
  recursive: fc.boolean(),
});

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
  { weight: 1, arbitrary: look },
  { weight: 2, arbitrary: list },
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
  { weight: 3, arbitrary: setAcl },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("read" as const), operation: read }) },
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
