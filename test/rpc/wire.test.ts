import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { GetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { http2Limits } from "../../src/frontends/http2/limits.ts";
import { dataBytesMax, messageBytesMax } from "../../src/limits.ts";
import { framed, rawGet } from "../support/raw-call.ts";
import { failureOf, pathOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const malformed = { code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" };
const tooLarge = {
  code: "RESOURCE_EXHAUSTED",
  reason: "MESSAGE_TOO_LARGE",
  facts: { limit: String(messageBytesMax) },
};

test.each([
  ["a field that ends too early", Uint8Array.of(0x0a, 0x05, 0x2f)],
  ["an endless varint", new Uint8Array(11).fill(0xff)],
  ["text that is not UTF-8", Uint8Array.of(0x0a, 0x02, 0xc3, 0x28)],
  ["a surrogate in UTF-8", Uint8Array.of(0x0a, 0x03, 0xed, 0xa0, 0x80)],
  ["field number 0", Uint8Array.of(0x02, 0x00)],
  ["groups without end", new Uint8Array(100_000).fill(0x0b)],
])("%s is MALFORMED_REQUEST, on that call only", async (_what, bytes) => {
  const { client, logged } = await startServer();
  expect(await failureOf(client.unaryBytes(pathOf(rpc.get), bytes))).toMatchObject(malformed);
  await client.unary(rpc.get, { path: "/" });
  const stream = client.bidi(rpc.keepAlive);
  stream.sendBytes(bytes);
  expect((await stream.status).reason).toMatch(/MALFORMED_REQUEST|SESSION_EXPIRED/);
  expect(logged).toEqual([]);
});

test("random bytes never do worse than an expected error", async () => {
  const { client, engine, logged } = await startServer();
  const unary = Coordination.methods.filter(({ methodKind }) => methodKind === "unary").map(pathOf);
  const call = fc.record({ path: fc.constantFrom(...unary), bytes: fc.uint8Array({ maxLength: 64 }) });
  await fc.assert(
    fc.asyncProperty(call, async ({ path, bytes }) => {
      const status = await client.unaryBytes(path, bytes).then(
        () => undefined,
        (error) => error.status,
      );
      if (status === undefined) return;
      expect(status.code).not.toMatch(/INTERNAL|UNKNOWN|UNAVAILABLE/);
      expect(status.reason).toBeDefined();
    }),
    { numRuns: 500 },
  );
  expect(logged).toEqual([]);
  for (const session of [...engine.tree.sessions()]) await engine.closeSession(session);
});

test("a message that is too large is refused with its limit, and the connection goes on", async () => {
  const { client } = await startServer();
  const data = new Uint8Array(messageBytesMax);
  expect(await failureOf(client.unary(rpc.create, { path: "/a", data }))).toMatchObject(tooLarge);
  await client.unary(rpc.get, { path: "/" });
  const stream = client.bidi(rpc.keepAlive);
  stream.sendBytes(new Uint8Array(messageBytesMax + 1));
  expect(await stream.status).toMatchObject(tooLarge);
});

test("what is announced costs nothing: a length of 4 GiB is refused after its five bytes", async () => {
  const { address, client } = await startServer();
  const session = connect(`http://${address}`);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i++) {
    expect(await rawGet(session, framed(new Uint8Array(10), { length: 0xffff_ffff }))).toMatchObject(
      tooLarge,
    );
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1_048_576);
  session.destroy();
  await client.unary(rpc.get, { path: "/" });
});

test("a compressed message is read; one that swells beyond the limit, or is not compressed at all, is refused", async () => {
  const { address } = await startServer();
  const session = connect(`http://${address}`);
  const headers = { "grpc-encoding": "gzip" };
  const request = gzipSync(toBinary(GetRequestSchema, create(GetRequestSchema, { path: "/none" })));
  const compressed = { compressed: true };
  expect(await rawGet(session, framed(request, compressed), { end: true, headers })).toMatchObject({
    reason: "NO_NODE",
  });
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
  expect(await rawGet(session, framed(bomb, compressed), { headers })).toMatchObject(tooLarge);
  expect(await rawGet(session, framed(Buffer.from("no gzip"), compressed), { headers })).toMatchObject(
    malformed,
  );
  session.destroy();
});

test("a unary call without a message, or with two, is UNIMPLEMENTED as gRPC says", async () => {
  const { address } = await startServer();
  const session = connect(`http://${address}`);
  const empty = framed(new Uint8Array());
  expect(await rawGet(session, Buffer.alloc(0), { end: true })).toMatchObject({ code: "UNIMPLEMENTED" });
  expect(await rawGet(session, Buffer.concat([empty, empty]), { end: true })).toMatchObject({
    code: "UNIMPLEMENTED",
  });
  session.destroy();
});

test("more calls at once than any client sends are all answered", async () => {
  const { client } = await startServer();
  const calls = Array.from({ length: 5_000 }, () => client.unary(rpc.exists, { path: "/none" }));
  expect(await Promise.all(calls)).toHaveLength(5_000);
});

test("a client that asks for more than it reads loses its connection before the server loses its memory", async () => {
  const { address, client } = await startServer();
  await client.unary(rpc.create, { path: "/big", data: new Uint8Array(dataBytesMax) });
  const session = connect(`http://${address}`);
  session.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    session.once("close", () => resolve());
  });
  const body = framed(toBinary(GetRequestSchema, create(GetRequestSchema, { path: "/big" })));
  const headers = { ":method": "POST", ":path": pathOf(rpc.get), "content-type": "application/grpc" };
  for (
    let calls = 0;
    calls < 4 * (http2Limits.queuedBytesMax / dataBytesMax) && !session.destroyed;
    calls++
  ) {
    session
      .request(headers)
      .on("error", () => {})
      .end(body);
    // Others are served all the while; and what is rejected depends on what has been answered before.
    if (calls % 10 === 0) await client.unary(rpc.get, { path: "/" });
  }
  await closed;
  await client.unary(rpc.get, { path: "/" });
});

test("a client that reads may ask for much at once", async () => {
  const { client } = await startServer();
  await client.unary(rpc.create, { path: "/big", data: new Uint8Array(dataBytesMax) });
  const calls = Array.from({ length: 150 }, () => client.unary(rpc.get, { path: "/big" }));
  for (const { data } of await Promise.all(calls)) expect(data).toHaveLength(dataBytesMax);
});

test("a client that resets every call it makes hurts nobody else", async () => {
  const { address, client } = await startServer();
  const session = connect(`http://${address}`);
  // Node ends such a connection after some hundred resets.
  session.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    session.once("close", () => resolve());
  });
  for (let i = 0; i < 3_000 && !session.destroyed; i++) {
    const stream = session.request({
      ":method": "POST",
      ":path": pathOf(rpc.keepAlive),
      "content-type": "application/grpc",
    });
    stream.on("error", () => {});
    stream.close(8);
    if (i % 100 === 0) await client.unary(rpc.get, { path: "/" });
  }
  session.destroy();
  await closed;
  await client.unary(rpc.get, { path: "/" });
});
