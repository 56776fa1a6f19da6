// Transactions from outside: what ZooKeeper's MultiOperationTest asks of multi, then what Corral adds to it.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import {
  TransactBranch,
  type TransactOperationSchema,
  type TransactRequestSchema,
  type TransactResponse,
} from "../../gen/ts/corral/v1/transact_pb.js";
import { WatchEventKind } from "../../gen/ts/corral/v1/watch_pb.js";
import {
  dataBytesMax,
  messagePartsMax,
  transactionAnswerBytesMax,
  transactionOperationsMaxDefault,
} from "../../src/limits.ts";
import { failureOf, pathOf, type RpcClient } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

type Operation = MessageInitShape<typeof TransactOperationSchema>;

const create = (path: string, text = "", mode = CreateMode.PERSISTENT): Operation => ({
  operation: { case: "create", value: { path, text, mode } },
});
const set = (path: string, text: string, version?: number): Operation => ({
  operation: { case: "set", value: version === undefined ? { path, text } : { path, text, version } },
});
const remove = (path: string, version = -1): Operation => ({
  operation: { case: "delete", value: { path, version } },
});
const check = (path: string, version: number): Operation => ({
  operation: { case: "check", value: { path, test: { case: "version", value: version } } },
});
const get = (path: string): Operation => ({ operation: { case: "get", value: { path, asText: true } } });
const exists = (path: string): Operation => ({ operation: { case: "exists", value: { path } } });
const list = (path: string, pageSize = 0): Operation => ({
  operation: { case: "list", value: { path, pageSize } },
});

/** ZooKeeper's multi. */
function multi(client: RpcClient, ...operations: Operation[]): Promise<TransactResponse> {
  return client.unary(rpc.transact, { operations });
}

async function isThere(client: RpcClient, path: string): Promise<boolean> {
  return (await client.unary(rpc.exists, { path })).stat !== undefined;
}

async function names(client: RpcClient): Promise<string[]> {
  const { children } = await client.unary(rpc.list, { path: "/" });
  return children.map(({ name }) => name).filter((name) => name !== "zookeeper");
}

/** The answers in a few words. */
function told({ results }: TransactResponse): string[] {
  return results.map(({ result }) => {
    switch (result.case) {
      case "create":
        return result.value.path;
      case "set":
        return `version ${result.value.stat?.version}`;
      case "get":
        return result.value.text;
      case "exists":
        return String(result.value.stat !== undefined);
      case "list":
        return result.value.children.map(({ name }) => name).join(" ");
      default:
        return String(result.case);
    }
  });
}

test("creates several nodes under one zxid", async () => {
  const { client } = await startServer();
  const answer = await multi(client, create("/multi0"), create("/multi1"), create("/multi2"));
  expect(answer).toMatchObject({ zxid: 1n, branch: TransactBranch.THEN });
  expect(told(answer)).toEqual(["/multi0", "/multi1", "/multi2"]);
  for (const path of ["/multi0", "/multi1", "/multi2"]) {
    expect((await client.unary(rpc.get, { path })).stat).toMatchObject({ czxid: 1n, pzxid: 1n });
  }
  expect((await client.unary(rpc.get, { path: "/" })).stat).toMatchObject({ pzxid: 1n, cversion: 2 });
});

test("an empty one answers nothing and takes no zxid", async () => {
  const { client } = await startServer();
  expect(await multi(client)).toMatchObject({ zxid: 0n, results: [], branch: TransactBranch.THEN });
  expect((await client.unary(rpc.create, { path: "/a" })).zxid).toBe(1n);
});

test("a bad path among good ones is the error of all, and says where it is", async () => {
  const { client } = await startServer();
  expect(
    await failureOf(multi(client, create("/multi0"), create("/multi/"), create("/multi1"))),
  ).toMatchObject({
    code: "NOT_FOUND",
    reason: "NO_NODE",
    facts: { path: "/multi", op_index: "1", branch: "then" },
  });
  expect(await failureOf(multi(client, create("/multi0"), create("relative")))).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "BAD_ARGUMENTS",
    field: "operations[1].path",
    facts: { op_index: "1" },
  });
  expect(await names(client)).toEqual([]);
});

test("creates and deletes the same node, which leaves only the parent's counters", async () => {
  const { client } = await startServer();
  const answer = await multi(client, create("/multi"), remove("/multi", 0));
  expect(told(answer)).toEqual(["/multi", "delete"]);
  expect(await isThere(client, "/multi")).toBe(false);
  expect((await client.unary(rpc.get, { path: "/" })).stat).toMatchObject({ cversion: 1, numChildren: 1 });
});

test("a wrong version undoes the creation before it", async () => {
  const { client } = await startServer();
  expect(await failureOf(multi(client, create("/multi"), remove("/multi", 1)))).toMatchObject({
    code: "ABORTED",
    reason: "BAD_VERSION",
    facts: { path: "/multi", expected: "1", actual: "0", op_index: "1" },
  });
  expect(await isThere(client, "/multi")).toBe(false);
});

test("creates a node and its children, and deletes them in the right order only", async () => {
  const { client } = await startServer();
  const answer = await multi(
    client,
    create("/multi"),
    create("/multi/a"),
    create("/multi/a/1"),
    remove("/multi/a/1"),
    remove("/multi/a"),
    remove("/multi"),
  );
  expect(answer.results).toHaveLength(6);
  expect(await names(client)).toEqual([]);
  expect(await failureOf(multi(client, create("/m"), create("/m/a"), remove("/m")))).toMatchObject({
    reason: "NOT_EMPTY",
    facts: { op_index: "2" },
  });
});

test("sets data, seeing the versions that it made itself", async () => {
  const { client } = await startServer();
  const made = await multi(client, create("/m"), set("/m", "1", 0), set("/m", "2", 1), get("/m"));
  expect(told(made)).toEqual(["/m", "version 1", "version 2", "2"]);
  expect(await failureOf(multi(client, set("/m", "3", 2), set("/m", "4", 2)))).toMatchObject({
    reason: "BAD_VERSION",
    facts: { expected: "2", actual: "3", op_index: "1" },
  });
  expect((await client.unary(rpc.get, { path: "/m", asText: true })).text).toBe("2");
});

test("deleting and then changing a node fails as a whole", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/multi" });
  expect(await failureOf(multi(client, remove("/multi", 0), set("/multi", "X")))).toMatchObject({
    reason: "NO_NODE",
    facts: { op_index: "1" },
  });
  expect(await isThere(client, "/multi")).toBe(true);
});

test("a check guards the operations around it, and -1 means that there is a node", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/lock" });
  expect(told(await multi(client, check("/lock", 0), check("/lock", -1), create("/a")))[0]).toBe("check");
  expect(await failureOf(multi(client, create("/b"), check("/lock", 7)))).toMatchObject({
    code: "ABORTED",
    reason: "BAD_VERSION",
    facts: { path: "/lock", expected: "7", actual: "0", op_index: "1" },
  });
  expect(await failureOf(multi(client, create("/b"), check("/none", -1)))).toMatchObject({
    reason: "NO_NODE",
  });
  expect(await names(client)).toEqual(["a", "lock"]);
});

test("sequence numbers go on within one, and are given back when it fails (ZOOKEEPER-1624)", async () => {
  const { client } = await startServer();
  const sequential = create("/s-", "", CreateMode.PERSISTENT_SEQUENTIAL);
  const failing = failureOf(multi(client, sequential, sequential, create("/none/x")));
  const following = multi(client, sequential, create("/plain"), sequential);
  expect((await failing).facts).toMatchObject({ op_index: "2" });
  expect(told(await following)).toEqual(["/s-0000000000", "/plain", "/s-0000000002"]);
});

test("an ephemeral node may be among them, and needs the session as ever", async () => {
  const { client } = await startServer();
  const session = (await client.unary(rpc.openSession, {})).sessionToken;
  const operations = [create("/p"), create("/p/e", "", CreateMode.EPHEMERAL)];
  expect(await failureOf(multi(client, ...operations))).toMatchObject({
    reason: "SESSION_REQUIRED",
    facts: { op_index: "1" },
  });
  await client.unary(rpc.transact, { operations }, { session });
  const { zxid } = await client.unary(rpc.closeSession, { sessionToken: session });
  expect((await client.unary(rpc.get, { path: "/p" })).stat).toMatchObject({ numChildren: 0, pzxid: zxid });
});

test("watches are told of each change, in order, under the one zxid; of a failed one, nothing", async () => {
  const { client } = await startServer();
  const stream = client.bidi(rpc.watch);
  stream.send({ add: [{ watchId: 1n, path: "/" }] });
  await stream.next();
  await failureOf(multi(client, create("/t"), create("/none/x")));
  await multi(client, create("/t"), set("/t", "x"), create("/t/a"), remove("/t/a"), create("/u"));
  const { events } = (await stream.next())!;
  const { NODE_CREATED, NODE_DATA_CHANGED, NODE_DELETED } = WatchEventKind;
  expect(events.map(({ kind, path, zxid }) => [kind, path, zxid])).toEqual([
    [NODE_CREATED, "/t", 1n],
    [NODE_DATA_CHANGED, "/t", 1n],
    [NODE_CREATED, "/t/a", 1n],
    [NODE_DELETED, "/t/a", 1n],
    [NODE_CREATED, "/u", 1n],
  ]);
  stream.cancel();
});

test("reads see what came before them, and alone they take no zxid", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/q" });
  await client.unary(rpc.create, { path: "/q/b" });
  await client.unary(rpc.create, { path: "/q/d" });
  const answer = await multi(
    client,
    create("/q/a"),
    create("/q/c", "see"),
    remove("/q/b"),
    list("/q"),
    list("/q", 2),
    exists("/q/b"),
    exists("/q/a"),
    get("/q/c"),
  );
  expect(told(answer)).toEqual(["/q/a", "/q/c", "delete", "a c d", "a c", "false", "true", "see"]);
  const page = answer.results[4]!.result;
  const { nextPageToken } = page.value as { nextPageToken: string };
  const next = await client.unary(rpc.list, { path: "/q", pageToken: nextPageToken });
  expect(next.children.map(({ name }) => name)).toEqual(["d"]);
  const reading = await multi(client, get("/q/c"), exists("/none"));
  expect(reading.zxid).toBe(answer.zxid);
  expect((await client.unary(rpc.create, { path: "/next" })).zxid).toBe(answer.zxid + 1n);
  expect(await failureOf(multi(client, get("/none")))).toMatchObject({ reason: "NO_NODE" });
});

test("conditions choose the branch", async () => {
  const { client } = await startServer();
  const { stat } = await client.unary(rpc.create, { path: "/c", text: "x" });
  await client.unary(rpc.create, { path: "/c/child" });
  type Test = NonNullable<
    NonNullable<MessageInitShape<typeof TransactRequestSchema>["conditions"]>[0]["test"]
  >;
  const branch = async (path: string, what: Test) => {
    const request = {
      conditions: [
        { path: "/c", test: { case: "exists", value: true } },
        { path, test: what },
      ],
    };
    return (await client.unary(rpc.transact, request as never)).branch === TransactBranch.THEN;
  };
  expect(await branch("/c", { case: "exists", value: false })).toBe(false);
  expect(await branch("/d", { case: "exists", value: false })).toBe(true);
  expect(await branch("/c", { case: "version", value: 0 })).toBe(true);
  expect(await branch("/c", { case: "version", value: 1 })).toBe(false);
  expect(await branch("/d", { case: "version", value: -1 })).toBe(false);
  expect(await branch("/c", { case: "czxid", value: stat!.czxid })).toBe(true);
  expect(await branch("/c", { case: "czxid", value: 2n ** 62n })).toBe(false);
  expect(await branch("/c", { case: "aversion", value: 0 })).toBe(true);
  expect(await branch("/c", { case: "data", value: Buffer.from("x") })).toBe(true);
  expect(await branch("/c", { case: "text", value: "y" })).toBe(false);
  expect(await branch("/c", { case: "numChildren", value: 1 })).toBe(true);
  const leader = () =>
    client.unary(rpc.transact, {
      conditions: [{ path: "/leader", test: { case: "exists", value: false } }],
      operations: [create("/leader", "me")],
      elseOperations: [get("/leader")],
    });
  expect(await leader()).toMatchObject({ branch: TransactBranch.THEN });
  const second = await leader();
  expect(second.branch).toBe(TransactBranch.ELSE);
  expect(told(second)).toEqual(["me"]);
});

test("a check of anything else fails with CONDITION_FAILED and the facts", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/c", text: "x" });
  const operation = { case: "check", value: { path: "/c", test: { case: "czxid", value: 9n } } } as const;
  expect(await failureOf(multi(client, { operation }))).toMatchObject({
    code: "ABORTED",
    reason: "CONDITION_FAILED",
    facts: { path: "/c", test: "czxid", expected: "9", actual: "1", op_index: "0" },
  });
});

test("what does not read is refused with its place", async () => {
  const { client } = await startServer();
  expect(await failureOf(multi(client, {}))).toMatchObject({
    reason: "BAD_ARGUMENTS",
    field: "operations[0].operation",
  });
  const noTest = client.unary(rpc.transact, { conditions: [{ path: "/" }] });
  expect(await failureOf(noTest)).toMatchObject({ reason: "BAD_ARGUMENTS", field: "conditions[0].test" });
  const condition = { path: "x", test: { case: "exists", value: true } } as const;
  expect(await failureOf(client.unary(rpc.transact, { conditions: [condition] }))).toMatchObject({
    field: "conditions[0].path",
    facts: { condition_index: "0" },
  });
  const elseOperations = [create("/x", "", 77 as CreateMode)];
  expect(await failureOf(client.unary(rpc.transact, { elseOperations }))).toMatchObject({
    field: "else_operations[0].mode",
    facts: { branch: "else" },
  });
});

test("too many operations, bytes or answers are refused with the limit's name, and change nothing", async () => {
  const { client } = await startServer();
  const many = Array.from({ length: transactionOperationsMaxDefault + 1 }, (_, i) => create(`/n${i}`));
  expect(await failureOf(multi(client, ...many))).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "TRANSACTION_TOO_LARGE",
    facts: { what: "operations", limit: String(transactionOperationsMaxDefault) },
  });
  expect((await multi(client, ...many.slice(1))).results).toHaveLength(transactionOperationsMaxDefault);
  const megabyte = "x".repeat(dataBytesMax);
  const reads = [create("/big", megabyte), get("/big"), get("/big"), get("/big")];
  expect(await failureOf(multi(client, ...reads))).toMatchObject({
    reason: "TRANSACTION_TOO_LARGE",
    facts: { what: "bytes of answers", limit: String(transactionAnswerBytesMax), op_index: "3" },
  });
  expect(await isThere(client, "/big")).toBe(false);
});

test("a message of very many empty operations is refused without being decoded", async () => {
  const { client } = await startServer();
  const bytes = Buffer.alloc(2 * (messagePartsMax + 1), Uint8Array.of(0x12, 0));
  expect(await failureOf(client.unaryBytes(pathOf(rpc.transact), bytes))).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "MESSAGE_TOO_LARGE",
    facts: { limit: String(messagePartsMax) },
  });
  expect(await failureOf(client.unaryBytes(pathOf(rpc.transact), bytes.subarray(2)))).toMatchObject({
    reason: "BAD_ARGUMENTS",
  });
});
