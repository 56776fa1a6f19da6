import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { status as codes } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { messageBytesMax } from "../../src/limits.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { failureOf, pathOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;

/** What was counted of a method. */
function figuresOf({ observer }: TestServer, method: string) {
  const figures = [...observer.figures()].find((one) => one.method === method)!;
  const { started, received, sent, seconds } = figures;
  const ended: Record<string, number> = {};
  for (const [code, count] of figures.ended.entries()) if (count > 0) ended[codes[code]!] = count;
  return { started, received, sent, ended, timed: seconds.count };
}

test("unary calls count by the code they end with; an answer is a message, an error is none", async () => {
  const server = await startServer();
  await server.client.unary(rpc.create, { path: "/a" });
  await failureOf(server.client.unary(rpc.create, { path: "/a" }));
  await failureOf(server.client.unary(rpc.create, { path: "a" }));
  expect(figuresOf(server, "Create")).toEqual({
    started: 3,
    received: 3,
    sent: 1,
    ended: { OK: 1, ALREADY_EXISTS: 1, INVALID_ARGUMENT: 1 },
    timed: 3,
  });
});

test("a stream is one call, with all its messages", async () => {
  const server = await startServer();
  const scan = server.client.serverStream(rpc.scan, { path: "/" });
  while ((await scan.next()) !== undefined);
  await scan.status;
  expect(figuresOf(server, "Scan")).toMatchObject({ started: 1, received: 1, sent: 1, ended: { OK: 1 } });
  const line = server.client.bidi(rpc.keepAlive);
  line.send({});
  await line.next();
  expect(figuresOf(server, "KeepAlive")).toMatchObject({ started: 1, received: 1, sent: 1, ended: {} });
  line.send({ close: true });
  await line.next();
  await line.status;
  const closed = { started: 1, received: 2, sent: 2, ended: { OK: 1 } };
  await expect.poll(() => figuresOf(server, "KeepAlive")).toMatchObject(closed);
});

test("a stream that its client cancels, or that the server cuts, ends with that code", async () => {
  const server = await startServer();
  const line = server.client.bidi(rpc.keepAlive);
  line.send({});
  const opened = await line.next();
  line.cancel();
  await expect.poll(() => figuresOf(server, "KeepAlive").ended).toEqual({ CANCELLED: 1 });
  const first = server.client.bidi(rpc.keepAlive);
  first.send({ sessionToken: opened!.sessionToken });
  await first.next();
  const second = server.client.bidi(rpc.keepAlive);
  second.send({ sessionToken: opened!.sessionToken });
  await second.next();
  await first.status;
  await expect.poll(() => figuresOf(server, "KeepAlive").ended).toEqual({ CANCELLED: 1, ABORTED: 1 });
});

test("what the front refuses before there is a handler counts too, once", async () => {
  const server = await startServer();
  const large = new Uint8Array(messageBytesMax + 1);
  await failureOf(server.client.unaryBytes(pathOf(rpc.get), large));
  expect(figuresOf(server, "Get")).toMatchObject({
    started: 1,
    received: 0,
    ended: { RESOURCE_EXHAUSTED: 1 },
  });
  const stream = server.client.bidi(rpc.keepAlive);
  stream.sendBytes(large);
  expect(await stream.status).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  const ended = { started: 1, received: 0, ended: { RESOURCE_EXHAUSTED: 1 } };
  await expect.poll(() => figuresOf(server, "KeepAlive")).toMatchObject(ended);
});

test("a call whose deadline passes counts when its handler is done, with that code", async () => {
  const journal = new MemoryJournal();
  journal.hold();
  const server = await startServer({ journal });
  // Not by a client of grpc-js: that one cancels the call when it finds the deadline over, before the server does.
  const session = connect(`http://${server.address}`);
  onTestFinished(() => session.destroy());
  const headers = { ":method": "POST", ":path": pathOf(rpc.create), "content-type": "application/grpc" };
  const call = session.request({ ...headers, "grpc-timeout": "20m" });
  call.end(framed(toBinary(CreateRequestSchema, create(CreateRequestSchema, { path: "/a" }))));
  const [answer] = await once(call, "response");
  expect(answer["grpc-status"]).toBe(String(codes.DEADLINE_EXCEEDED));
  expect(figuresOf(server, "Create")).toMatchObject({ started: 1, ended: {} });
  journal.release();
  const ended = { started: 1, ended: { DEADLINE_EXCEEDED: 1 } };
  await expect.poll(() => figuresOf(server, "Create")).toMatchObject(ended);
});

function framed(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

test("a slow unary call is logged with what it was about; others wait for the next second", async () => {
  const journal = new MemoryJournal();
  const server = await startServer({ journal, slowRequestMs: 1_000 });
  const { client, clock, logged } = server;
  const { sessionToken, sessionId } = await client.unary(rpc.openSession, {});
  journal.hold();
  const calls = ["/a", "/b"].map((path) => client.unary(rpc.create, { path }, { session: sessionToken }));
  await expect.poll(() => figuresOf(server, "Create").started).toBe(2);
  clock.advance(999);
  await client.unary(rpc.get, { path: "/" });
  expect(logged).toEqual([]);
  clock.advance(1);
  journal.release();
  await Promise.all(calls);
  expect(logged).toEqual([
    {
      method: "corral.v1.Coordination/Create",
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      session: Number(sessionId),
      path: "/a",
      code: "OK",
      dur_ms: 1_000,
    },
  ]);
});

test("streams are not slow, however long they last; and 0 logs nothing", async () => {
  const server = await startServer({ slowRequestMs: 1_000 });
  const line = server.client.bidi(rpc.keepAlive);
  line.send({});
  await line.next();
  server.clock.advance(2_000);
  line.send({ close: true });
  await line.status;
  await expect.poll(() => figuresOf(server, "KeepAlive").timed).toBe(1);
  expect(server.logged).toEqual([]);
  const journal = new MemoryJournal();
  const silent = await startServer({ journal, slowRequestMs: 0 });
  journal.hold();
  const call = silent.client.unary(rpc.create, { path: "/a" });
  await journal.commitArrived();
  silent.clock.advance(60_000);
  journal.release();
  await call;
  expect(silent.logged).toEqual([]);
});
