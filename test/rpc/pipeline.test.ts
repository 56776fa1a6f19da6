import type { MessageInitShape } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import type { PipelineOperationSchema, PipelineResult } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { dataBytesMax, pipelineAnswerBytesMax, pipelineInFlightMax } from "../../src/limits.ts";
import { settle } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { type RpcStream, rpcStatusOfProto } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

type Operation = NonNullable<MessageInitShape<typeof PipelineOperationSchema>["operation"]>;
type Stream = RpcStream<
  typeof Coordination.method.pipeline.input,
  typeof Coordination.method.pipeline.output
>;

const rpc = Coordination.method;
const create = (path: string, text = ""): Operation => ({ case: "create", value: { path, text } });
const set = (path: string, text: string): Operation => ({ case: "set", value: { path, text } });
const get = (path: string): Operation => ({ case: "get", value: { path, asText: true } });
const exists = (path: string): Operation => ({ case: "exists", value: { path } });
const list = (path: string): Operation => ({ case: "list", value: { path } });
const remove = (path: string): Operation => ({ case: "delete", value: { path } });

let journal: MemoryJournal;
let server: TestServer;

beforeEach(async () => {
  journal = new MemoryJournal();
  server = await startServer({ journal });
});

function send(stream: Stream, ...operations: Operation[]): void {
  stream.send({ operations: operations.map((operation) => ({ operation })) });
}

async function take(stream: Stream, count: number): Promise<PipelineResult["result"][]> {
  const results: PipelineResult["result"][] = [];
  while (results.length < count) {
    const message = await stream.next();
    if (message === undefined) throw new Error(`the stream ended after ${results.length} results`);
    results.push(...message.results.map(({ result }) => result));
  }
  expect(results).toHaveLength(count);
  return results;
}

/** A result in a word: what was read, or the reason of the error, or which answer it is. */
function shown({ case: name, value }: PipelineResult["result"]): string {
  if (name === "error") return rpcStatusOfProto(value).reason!;
  if (name === "get") return value.text;
  if (name === "exists") return value.stat === undefined ? "missing" : `version ${value.stat.version}`;
  if (name === "list") return value.children.map((child) => child.name).join(" ");
  return name!;
}

describe("operations", () => {
  test("of every kind are answered as the calls of their names, in order", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    send(stream, create("/a", "20"), get("/a"), set("/a", "30"), exists("/a"), list("/"));
    send(stream, { case: "sync", value: {} }, { case: "getAcl", value: { path: "/a" } });
    send(stream, { case: "transact", value: { operations: [{ operation: set("/a", "40") as never }] } });
    send(stream, get("/a"), remove("/a"), exists("/a"));
    const results = await take(stream, 11);
    expect(results.map(shown)).toEqual([
      "create",
      "20",
      "set",
      "version 1",
      "a zookeeper",
      "sync",
      "getAcl",
      "transact",
      "40",
      "delete",
      "missing",
    ]);
    expect(results[0]).toMatchObject({ value: { path: "/a", zxid: 1n, stat: { czxid: 1n } } });
    expect(results[1]).toMatchObject({ value: { zxid: 1n, stat: { dataLength: 2 } } });
    stream.end();
    expect(await stream.status).toMatchObject({ code: "OK" });
  });

  test("that fail leave the others alone, and say why as their calls do", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    send(
      stream,
      create("/x/y"),
      create("/a"),
      create("/a"),
      get("relative"),
      remove("/zookeeper"),
      get("/a"),
    );
    stream.send({ operations: [{}] });
    const results = await take(stream, 7);
    expect(results.map(shown)).toEqual([
      "NO_NODE",
      "create",
      "NODE_EXISTS",
      "BAD_ARGUMENTS",
      "BAD_ARGUMENTS",
      "",
      "BAD_ARGUMENTS",
    ]);
    const [missing] = results;
    expect(missing!.case === "error" && rpcStatusOfProto(missing!.value)).toMatchObject({
      code: "NOT_FOUND",
      facts: { path: "/x" },
    });
  });

  test("see what those before them did, and nothing of those after them, however commits fall", async () => {
    await server.client.unary(rpc.create, { path: "/n" });
    journal.hold();
    const stream = server.client.bidi(rpc.pipeline);
    const rounds = 50;
    for (let i = 1; i <= rounds; i++) send(stream, set("/n", `${i}`), get("/n"), list("/"), exists("/n"));
    await journal.commitArrived();
    // Another client still sees what is durable.
    expect((await server.client.unary(rpc.get, { path: "/n" })).stat?.version).toBe(0);
    journal.release();
    const shownResults = (await take(stream, 4 * rounds)).map(shown);
    expect(shownResults).toEqual(
      Array.from({ length: rounds }, (_, i) => ["set", `${i + 1}`, "n zookeeper", `version ${i + 1}`]).flat(),
    );
  });

  test("share commits, and are answered many to a message", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    send(stream, ...Array.from({ length: 400 }, (_, i) => create(`/n${i}`)));
    const first = await stream.next();
    expect(first!.results.length).toBe(400);
    expect(journal.acknowledged.batches).toBe(1);
  });
});

describe("an operation with a request id", () => {
  const requestId = "0123456789abcdef";
  const create: Operation = {
    case: "create",
    value: { path: "/n-", mode: CreateMode.PERSISTENT_SEQUENTIAL },
  };

  async function done(operation: Operation, id: string, session?: string): Promise<PipelineResult["result"]> {
    const stream = server.client.bidi(rpc.pipeline, session === undefined ? {} : { session });
    stream.send({ operations: [{ operation, requestId: id }] });
    const [result] = await take(stream, 1);
    stream.end();
    return result!;
  }

  test("is done once, on whichever stream it is repeated, or as a call of its own", async () => {
    const first = await done(create, requestId);
    expect(first).toMatchObject({ case: "create", value: { path: "/n-0000000000", zxid: 1n } });
    expect(await done(create, requestId)).toEqual(first);
    const metadata = new Metadata();
    metadata.set("corral-request-id", requestId);
    expect(await server.client.unary(rpc.create, create.value as object, { metadata })).toEqual(first.value);
    expect(await done(create, `${requestId}-another`)).toMatchObject({ value: { path: "/n-0000000001" } });
  });

  test("is done once in a message that has it twice", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    stream.send({ operations: Array(2).fill({ operation: create, requestId }) });
    const [first, second] = await take(stream, 2);
    expect(second).toEqual(first);
  });

  test("belongs to the session of its stream", async () => {
    const { sessionToken } = await server.client.unary(rpc.openSession, {});
    expect(await done(create, "1", sessionToken)).toMatchObject({ value: { path: "/n-0000000000" } });
    expect(await done(create, "1", sessionToken)).toMatchObject({ value: { path: "/n-0000000000" } });
    const { sessionToken: another } = await server.client.unary(rpc.openSession, {});
    expect(await done(create, "1", another)).toMatchObject({ value: { path: "/n-0000000001" } });
  });

  test("that was another's, or is no id, is refused alone", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    stream.send({
      operations: [
        { operation: create, requestId },
        { operation: set("/n-", "20"), requestId },
        { operation: create, requestId: "short" },
        { operation: get("/n-0000000000"), requestId },
      ],
    });
    const results = await take(stream, 4);
    expect(results.map(shown)).toEqual(["create", "REQUEST_ID_REUSED", "BAD_ARGUMENTS", ""]);
    const [, , short] = results;
    expect(short!.case === "error" && rpcStatusOfProto(short!.value).field).toBe("request_id");
  });
});

describe("a stream", () => {
  test("that is half-closed is answered to its end", async () => {
    journal.hold();
    const stream = server.client.bidi(rpc.pipeline);
    send(stream, create("/a"), get("/a"));
    stream.end();
    await journal.commitArrived();
    journal.release();
    expect((await take(stream, 2)).map(shown)).toEqual(["create", ""]);
    expect(await stream.status).toMatchObject({ code: "OK" });
  });

  test("acts for its session, and ends with it", async () => {
    const { sessionToken, sessionId } = await server.client.unary(rpc.openSession, {});
    const stream = server.client.bidi(rpc.pipeline, { session: sessionToken });
    stream.send({ operations: [{ operation: { case: "create", value: { path: "/e", mode: 3 } } }] });
    const [created] = await take(stream, 1);
    expect(created).toMatchObject({ value: { stat: { ephemeralOwner: sessionId } } });
    await server.client.unary(rpc.closeSession, { sessionToken });
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ reason: "SESSION_EXPIRED" });
  });

  test("takes no request id, because it is many writes", async () => {
    const metadata = new Metadata();
    metadata.set("corral-request-id", "0123456789abcdef0123");
    const stream = server.client.bidi(rpc.pipeline, { metadata });
    expect(await stream.status).toMatchObject({ reason: "BAD_ARGUMENTS", field: "corral-request-id" });
  });

  test("is told that the server stops", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    send(stream, create("/a"));
    await take(stream, 1);
    void server.grpc.stop(1_000);
    expect(await stream.status).toMatchObject({ reason: "SHUTTING_DOWN" });
  });

  test("whose messages do not decode ends with MALFORMED_REQUEST", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    stream.sendBytes(Uint8Array.of(0x0a, 0x05, 1));
    expect(await stream.status).toMatchObject({ reason: "MALFORMED_REQUEST" });
  });
});

describe("a client that does not read its answers", () => {
  test("is not read from either, and loses nothing", async () => {
    const data = Buffer.alloc(dataBytesMax, "x");
    await server.client.unary(rpc.create, { path: "/large", data });
    const stream = server.client.bidi(rpc.pipeline);
    stream.call.pause();
    const reads = 4 * (pipelineAnswerBytesMax / dataBytesMax);
    for (let i = 0; i < reads; i++) send(stream, { case: "get", value: { path: "/large" } });
    send(stream, set("/large", "the last"));
    for (let turn = 0; turn < 50; turn++) await settle();
    expect((await server.client.unary(rpc.exists, { path: "/large" })).stat?.version).toBe(0);
    const results = await take(stream, reads + 1);
    expect(
      results.slice(0, reads).every(({ value }) => value && "data" in value && value.data.length > 0),
    ).toBe(true);
    expect((await server.client.unary(rpc.exists, { path: "/large" })).stat?.version).toBe(1);
  });

  test("of many small ones either", async () => {
    const stream = server.client.bidi(rpc.pipeline);
    const count = 3 * pipelineInFlightMax;
    journal.hold();
    for (let at = 0; at < count; at += 1_000) {
      send(stream, ...Array.from({ length: 1_000 }, () => create("/n-")));
    }
    await journal.commitArrived();
    for (let turn = 0; turn < 50; turn++) await settle();
    journal.release();
    expect(await take(stream, count)).toHaveLength(count);
  });
});
