// The worst that each rpc takes. No request of at most 4 MiB may hold the event loop for long: how long depends on the
// machine and is printed, in time of this thread's processor; that each is answered, or refused with a reason, is asserted.
import {
  type DescMethod,
  type DescMethodBiDiStreaming,
  type MessageInitShape,
  create as messageOf,
  toBinary,
} from "@bufbuild/protobuf";
import { afterAll, expect, test } from "vitest";
import { Permission } from "../../gen/ts/corral/v1/acl_pb.js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateParents } from "../../gen/ts/corral/v1/node_pb.js";
import { type PipelineOperationSchema, PipelineRequestSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { TransactRequestSchema } from "../../gen/ts/corral/v1/transact_pb.js";
import { WatchKind, WatchRequestSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { anonymous, type TransactOperation } from "../../src/core/operation.ts";
import {
  dataBytesMax,
  ephemeralsPerSessionMax,
  listPageSizeMax,
  messageBytesMax,
  messagePartsMax,
  pathBytesMax,
  sessionsListedMax,
  transactionOperationsMaxDefault,
  watchersListedMax,
  watchesPerRequestMax,
} from "../../src/limits.ts";
import { pathOf, type RpcError } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";
import { Turns } from "../support/turns.ts";

const rpc = Coordination.method;
const noData = new Uint8Array();

interface Case {
  readonly method: DescMethod & { readonly name: string };
  readonly what: string;
  readonly prepare?: (server: TestServer) => Promise<void>;
  readonly request: (server: TestServer) => Uint8Array | Promise<Uint8Array>;
}

const longest = new Map<string, { readonly ms: number; readonly what: string }>();

afterAll(() => {
  const rows = [...longest].sort(([, a], [, b]) => b.ms - a.ms);
  console.log(
    ["the longest turn of the event loop, by rpc:"]
      .concat(rows.map(([name, { ms, what }]) => `${ms.toFixed(1).padStart(8)} ms  ${name}: ${what}`))
      .join("\n"),
  );
});

/** Makes nodes in transactions, without the way through gRPC. */
async function make({ engine }: TestServer, operations: readonly TransactOperation[]): Promise<void> {
  const step = transactionOperationsMaxDefault;
  for (let at = 0; at < operations.length; at += step) {
    const part = operations.slice(at, at + step);
    const outcome = await engine.submit(
      { op: "transact", conditions: [], operations: part, elseOperations: [] },
      anonymous,
    );
    if (!outcome.ok) throw new Error(outcome.refusal.message);
  }
}

const nodeAt = (path: string): TransactOperation => ({
  op: "create",
  path,
  data: noData,
  mode: "persistent",
});
const childrenOf = (path: string, count: number) =>
  Array.from({ length: count }, (_, i) => nodeAt(`${path}/${String(i).padStart(90, "n")}`));
const wide = async (server: TestServer) =>
  make(server, [nodeAt("/wide"), ...childrenOf("/wide", listPageSizeMax - 1)]);

const encoded = <M extends { input: Parameters<typeof toBinary>[0] }>(
  method: M,
  init: MessageInitShape<M["input"]>,
) => toBinary(method.input, messageOf(method.input, init));

const identity = { scheme: "ip", id: "255.255.255.255/32" };
const manyEntries = Array.from({ length: 5_000 }, () => ({ identity, permissions: [Permission.READ] }));
const transact = (operations: MessageInitShape<typeof TransactRequestSchema>["operations"]) =>
  toBinary(TransactRequestSchema, messageOf(TransactRequestSchema, { operations: operations! }));
const times = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
const pipeline = (count: number, of: (i: number) => MessageInitShape<typeof PipelineOperationSchema>) =>
  toBinary(PipelineRequestSchema, messageOf(PipelineRequestSchema, { operations: times(count, of) }));
const most = transactionOperationsMaxDefault;
const deepPath = "/d".repeat(pathBytesMax / 2);
const filled = (part: readonly number[], bytes = messageBytesMax - 100) =>
  Buffer.alloc(bytes - (bytes % part.length), Uint8Array.from(part));

const cases: Case[] = [
  {
    method: rpc.get,
    what: "the largest data",
    prepare: big,
    request: () => encoded(rpc.get, { path: "/big" }),
  },
  {
    method: rpc.get,
    what: "4 MiB of path",
    request: () => encoded(rpc.get, { path: `/${"a".repeat(4_000_000)}` }),
  },
  { method: rpc.exists, what: "the deepest path", request: () => encoded(rpc.exists, { path: deepPath }) },
  {
    method: rpc.create,
    what: "parents of the deepest path",
    request: () => encoded(rpc.create, { path: deepPath, parents: CreateParents.PERSISTENT }),
  },
  {
    method: rpc.create,
    what: "the longest list that is not refused for its parts",
    request: () => encoded(rpc.create, { path: "/a", acl: manyEntries }),
  },
  {
    method: rpc.create,
    what: "the largest data",
    request: () => encoded(rpc.create, { path: "/a", data: new Uint8Array(dataBytesMax) }),
  },
  { method: rpc.create, what: "4 MiB of parts", request: () => filled([0x2a, 0]) },
  {
    method: rpc.set,
    what: "the largest data",
    prepare: big,
    request: () => encoded(rpc.set, { path: "/big", data: new Uint8Array(dataBytesMax) }),
  },
  {
    method: rpc.set,
    what: "limits of a quota that make no sense",
    request: () =>
      encoded(rpc.set, {
        path: "/zookeeper/quota/zookeeper_limits",
        data: Buffer.from(`count=${" ".repeat(1_000)}x`),
      }),
  },
  {
    method: rpc.setAcl,
    what: "a subtree of as many nodes as one change may have",
    prepare: wide,
    request: () => encoded(rpc.setAcl, { path: "/wide", recursive: true, acl: manyEntries.slice(0, 100) }),
  },
  {
    method: rpc.delete,
    what: "a subtree of as many nodes as one change may have",
    prepare: wide,
    request: () => encoded(rpc.delete, { path: "/wide", recursive: true }),
  },
  {
    method: rpc.list,
    what: "the largest page with Stat",
    prepare: wide,
    request: () => encoded(rpc.list, { path: "/wide", pageSize: listPageSizeMax, withStats: true }),
  },
  {
    method: rpc.list,
    what: "the largest page with Stat, of nodes with the longest list of addresses",
    prepare: async (server) => {
      await wide(server);
      const acl = times(250, (i) => ({ scheme: "ip", id: `10.0.${i}.0/24`, permissions: 31 }));
      acl.push({ scheme: "world", id: "anyone", permissions: 31 });
      await server.engine.submit(
        { op: "setAcl", path: "/wide", acl, aversion: -1, recursive: true },
        anonymous,
      );
    },
    request: () => encoded(rpc.list, { path: "/wide", pageSize: listPageSizeMax, withStats: true }),
  },
  {
    method: rpc.transact,
    what: "as many creates as there may be",
    request: () =>
      transact(
        times(most, (i) => ({
          operation: { case: "create", value: { path: `/n${i}`, data: Buffer.alloc(4_000) } },
        })),
      ),
  },
  {
    method: rpc.transact,
    what: "conditions on the deepest path",
    request: () =>
      encoded(rpc.transact, {
        conditions: times(250, () => ({ path: deepPath, test: { case: "exists", value: true } as const })),
      }),
  },
  {
    method: rpc.transact,
    what: "checks of the longest paths",
    request: () => transact(times(250, () => ({ operation: { case: "exists", value: { path: deepPath } } }))),
  },
  {
    method: rpc.transact,
    what: "pages of children",
    prepare: wide,
    request: () =>
      transact(
        times(most, () => ({
          operation: { case: "list", value: { path: "/wide", pageSize: listPageSizeMax, withStats: true } },
        })),
      ),
  },
  {
    method: rpc.transact,
    what: "creates with lists",
    request: () =>
      transact(
        times(most, (i) => ({
          operation: { case: "create", value: { path: `/n${i}`, acl: manyEntries.slice(0, 8) } },
        })),
      ),
  },
  {
    method: rpc.transact,
    what: "recursive deletes",
    prepare: wide,
    request: () => transact([{ operation: { case: "delete", value: { path: "/wide", recursive: true } } }]),
  },
  {
    method: rpc.transact,
    what: "sequential creates",
    request: () =>
      transact(times(most, () => ({ operation: { case: "create", value: { path: "/s-", mode: 3 } } }))),
  },
  {
    method: rpc.transact,
    what: "operations that are not there",
    request: () => filled([0x12, 0], messagePartsMax * 2),
  },
  {
    method: rpc.pipeline,
    what: "as many reads as a message may have",
    request: () =>
      pipeline(Math.floor(messagePartsMax / 3), () => ({ operation: { case: "get", value: { path: "/" } } })),
  },
  {
    method: rpc.pipeline,
    what: "as many creates as a message may have",
    request: () =>
      pipeline(Math.floor(messagePartsMax / 3), (i) => ({
        operation: { case: "create", value: { path: `/p${i}` } },
      })),
  },
  {
    method: rpc.pipeline,
    what: "pages of children",
    prepare: wide,
    request: () =>
      pipeline(20, () => ({
        operation: { case: "list", value: { path: "/wide", pageSize: listPageSizeMax, withStats: true } },
      })),
  },
  {
    method: rpc.pipeline,
    what: "reads of the largest data",
    prepare: big,
    request: () => pipeline(40, () => ({ operation: { case: "get", value: { path: "/big" } } })),
  },
  {
    method: rpc.pipeline,
    what: "transactions",
    request: () =>
      pipeline(40, (j) => ({
        operation: {
          case: "transact",
          value: {
            operations: times(300, (i) => ({
              operation: { case: "create", value: { path: `/t${j}-${i}` } },
            })),
          },
        },
      })),
  },
  {
    method: rpc.watch,
    what: "as many adds as a message may have",
    request: () =>
      toBinary(
        WatchRequestSchema,
        messageOf(WatchRequestSchema, {
          add: times(watchesPerRequestMax, (i) => ({
            watchId: BigInt(i + 1),
            path: `/${"w".repeat(4_000)}${i}`,
            kind: WatchKind.PERSISTENT,
          })),
        }),
      ),
  },
  {
    method: rpc.watch,
    what: "adds that are all wrong",
    request: () =>
      toBinary(
        WatchRequestSchema,
        messageOf(WatchRequestSchema, {
          add: times(watchesPerRequestMax, (i) => ({ watchId: BigInt(i + 1), path: "wrong" })),
        }),
      ),
  },
  {
    method: rpc.scan,
    what: "a wide tree",
    prepare: wide,
    request: () => encoded(rpc.scan, { path: "/", withData: true }),
  },
  {
    method: rpc.openSession,
    what: "4 MiB of owner",
    request: () => encoded(rpc.openSession, { owner: "x".repeat(4_000_000) }),
  },
  { method: rpc.keepAlive, what: "noise", request: () => filled([0x7a, 0]) },
  {
    method: rpc.closeSession,
    what: "as many ephemeral nodes as a session may have",
    prepare: ephemerals,
    request: (server) => encoded(rpc.closeSession, { sessionToken: sessionOf.get(server)!.token }),
  },
  {
    method: rpc.getAcl,
    what: "the longest list",
    prepare: (server) => longList(server),
    request: () => encoded(rpc.getAcl, { path: "/l" }),
  },
  { method: rpc.sync, what: "nothing", request: () => encoded(rpc.sync, {}) },
  { method: rpc.whoAmI, what: "noise", request: () => filled([0x7a, 0]) },
  {
    method: Admin.method.listEphemerals,
    what: "as many ephemeral nodes as a session may have",
    prepare: ephemerals,
    request: (server) =>
      encoded(Admin.method.listEphemerals, {
        sessionId: BigInt(sessionOf.get(server)!.id),
        limit: sessionsListedMax,
      }),
  },
  {
    method: Admin.method.expireSession,
    what: "as many ephemeral nodes as a session may have",
    prepare: ephemerals,
    request: (server) =>
      encoded(Admin.method.expireSession, { sessionId: BigInt(sessionOf.get(server)!.id) }),
  },
  {
    method: Admin.method.listSessions,
    what: "a full page",
    prepare: sessions,
    request: () => encoded(Admin.method.listSessions, { limit: sessionsListedMax }),
  },
  {
    method: Admin.method.listWatchers,
    what: "a full page",
    prepare: watchers,
    request: () => encoded(Admin.method.listWatchers, { path: "/", limit: watchersListedMax }),
  },
  {
    method: Admin.method.countWatches,
    what: "many watches",
    prepare: watchers,
    request: () => encoded(Admin.method.countWatches, {}),
  },
  {
    method: Admin.method.getStatus,
    what: "many sessions",
    prepare: sessions,
    request: () => encoded(Admin.method.getStatus, {}),
  },
  { method: Admin.method.setDraining, what: "noise", request: () => filled([0x7a, 0]) },
  { method: Admin.method.setLogLevel, what: "noise", request: () => filled([0x7a, 0]) },
  {
    method: Admin.method.backup,
    what: "a wide tree",
    prepare: wide,
    request: () => encoded(Admin.method.backup, {}),
  },
];

/** The session that a case has opened. */
const sessionOf = new WeakMap<TestServer, { readonly id: number; readonly token: string }>();

async function big(server: TestServer): Promise<void> {
  await make(server, [
    { op: "create", path: "/big", data: new Uint8Array(dataBytesMax), mode: "persistent" },
  ]);
}

async function longList(server: TestServer): Promise<void> {
  const acl = times(400, (i) => ({ scheme: "jwt", id: `u${i}`, permissions: 31 }));
  acl.push({ scheme: "world", id: "anyone", permissions: 31 });
  await make(server, [{ op: "create", path: "/l", data: noData, mode: "persistent", acl }]);
}

async function ephemerals(server: TestServer): Promise<void> {
  const opened = await server.client.unary(rpc.openSession, {});
  sessionOf.set(server, { id: Number(opened.sessionId), token: opened.sessionToken });
  const nodes = childrenOf("/e", ephemeralsPerSessionMax).map(
    (node) => ({ ...node, mode: "ephemeral" }) as const,
  );
  await make(server, [nodeAt("/e")]);
  const caller = { ...anonymous, sessionId: Number(opened.sessionId) };
  for (let at = 0; at < nodes.length; at += most) {
    const operations = nodes.slice(at, at + most) as TransactOperation[];
    await server.engine.submit({ op: "transact", conditions: [], operations, elseOperations: [] }, caller);
  }
}

async function sessions({ engine }: TestServer): Promise<void> {
  await Promise.all(times(20_000, () => engine.openSession(0, "o".repeat(100))));
}

async function watchers({ client }: TestServer): Promise<void> {
  const stream = client.bidi(rpc.watch);
  for (let at = 0; at < 50_000; at += watchesPerRequestMax) {
    stream.send({
      add: times(watchesPerRequestMax, (i) => ({
        watchId: BigInt(at + i + 1),
        path: "/",
        kind: WatchKind.PERSISTENT,
      })),
    });
    let added = 0;
    while (added < watchesPerRequestMax) added += (await stream.next())!.added.length;
  }
}

test.each(cases)(
  "$method.name takes $what, or refuses it with a reason",
  async ({ method, what, prepare, request }) => {
    const server = await startServer();
    await prepare?.(server);
    const bytes = await request(server);
    expect(bytes.length).toBeLessThanOrEqual(messageBytesMax);
    const session = sessionOf.get(server)?.token;
    const turns = new Turns();
    const reason = await outcomeOf(server, method, bytes, session === undefined ? {} : { session });
    const ms = turns.stop();
    expect(reason).toMatch(/^(OK|[A-Z_]+)$/);
    expect(reason).not.toMatch(/INTERNAL|UNKNOWN$/);
    const before = longest.get(method.name);
    if (before === undefined || before.ms < ms) longest.set(method.name, { ms, what: `${what}: ${reason}` });
    expect(server.logged).toEqual([]);
  },
);

/** OK, or the reason of the refusal. */
async function outcomeOf(
  { client }: TestServer,
  method: DescMethod,
  bytes: Uint8Array,
  options: { readonly session?: string },
): Promise<string> {
  const path = pathOf(method);
  if (method.methodKind === "unary") {
    const answer = client.unaryBytes(path, bytes, options).then(() => "OK");
    return answer.catch((error: RpcError) => error.status.reason ?? error.status.code);
  }
  // On the wire, a stream of answers to one message is no other than a stream both ways.
  const stream = client.bidi(method as unknown as DescMethodBiDiStreaming, options);
  stream.sendBytes(bytes);
  // A watch stream goes on as long as it has watches.
  if (method.name === "Watch") await stream.next().then(() => stream.cancel());
  else stream.end();
  while ((await stream.next()) !== undefined);
  const { code, reason } = await stream.status;
  return reason ?? code;
}
