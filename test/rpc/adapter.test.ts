import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { GetRequestSchema, GetResponseSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.js";
import { Refused } from "../../src/core/refusal.ts";
import { messageTimeoutMs, turnAnswerBytesMax } from "../../src/limits.ts";
import { startAdapter } from "../support/adapter-server.ts";
import { frame, greeting, headersFrame, requestFields, uint32 } from "../support/http2-peer.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { framed, rawGet } from "../support/raw-call.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { failureOf } from "../support/rpc-client.ts";

const rpc = Coordination.method;
const refused = new Refused({ reason: "NO_NODE", message: "there is no node at /a", facts: { path: "/a" } });
const noNode = {
  code: "NOT_FOUND",
  reason: "NO_NODE",
  message: "there is no node at /a",
  facts: { path: "/a" },
};

test("a unary handler answers at once, later, or with bytes that are encoded already", async () => {
  const encoded = toBinary(GetResponseSchema, create(GetResponseSchema, { zxid: 3n }));
  const { client } = await startAdapter({
    get: ({ path }) => (path === "/bytes" ? encoded : { zxid: 1n }),
    exists: () => Promise.resolve({ zxid: 2n }),
  });
  expect((await client.unary(rpc.get, { path: "/" })).zxid).toBe(1n);
  expect((await client.unary(rpc.exists, { path: "/" })).zxid).toBe(2n);
  expect((await client.unary(rpc.get, { path: "/bytes" })).zxid).toBe(3n);
});

test("a refusal reaches the client however it is thrown; anything else is INTERNAL and goes to the log", async () => {
  const { client, logged } = await startAdapter({
    get: () => {
      throw refused;
    },
    exists: () => Promise.reject(refused),
    set: () => Promise.reject(new Error("the secret cause")),
  });
  expect(await failureOf(client.unary(rpc.get, {}))).toMatchObject(noNode);
  expect(await failureOf(client.unary(rpc.exists, {}))).toMatchObject(noNode);
  expect(logged).toEqual([]);
  const internal = await failureOf(client.unary(rpc.set, {}));
  expect(internal).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
  expect(JSON.stringify(internal)).not.toContain("secret");
  expect(logged).toMatchObject([
    { err: { message: "the secret cause" }, path: "/corral.v1.Coordination/Set" },
  ]);
});

test("an answer that cannot be encoded is INTERNAL", async () => {
  const { client, logged } = await startAdapter({ get: () => ({ zxid: 2n ** 64n }) });
  expect(await failureOf(client.unary(rpc.get, {}))).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
  expect(logged).toHaveLength(1);
});

test("canary: a stream that fails after its first message delivers both the message and the error", async () => {
  const { client } = await startAdapter({
    keepAlive: async (stream) => {
      await stream.send({ zxid: 1n });
      throw refused;
    },
    healthWatch: async (_request, stream) => {
      await stream.send({ status: 1 });
      throw refused;
    },
  });
  const bidi = client.bidi(rpc.keepAlive);
  expect(await bidi.next()).toMatchObject({ zxid: 1n });
  expect(await bidi.status).toMatchObject(noNode);
  const watch = client.serverStream(Health.method.watch, {});
  expect(await watch.next()).toMatchObject({ status: 1 });
  expect(await watch.status).toMatchObject(noNode);
});

test("a handler that stops reading half-way still sends what it has to say", async () => {
  const { client } = await startAdapter({
    keepAlive: async (stream) => {
      for await (const { timeoutMs } of stream.requests) {
        if (timeoutMs === 2) throw refused;
        await stream.send({ timeoutMs });
      }
    },
  });
  const stream = client.bidi(rpc.keepAlive);
  for (const timeoutMs of [1, 2, 3]) stream.send({ timeoutMs });
  expect(await stream.next()).toMatchObject({ timeoutMs: 1 });
  expect(await stream.status).toMatchObject(noNode);
});

test("canary: a cancelled stream wakes its handler wherever it waits, and is no error", async () => {
  const woken = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const { client, calls, logged } = await startAdapter({
    keepAlive: async (stream) => {
      stream.signal.addEventListener("abort", () => aborted.resolve());
      await stream.send({});
      // Whether it throws or ends is up to what Node says first.
      await stream.requests.next().finally(woken.resolve);
    },
    healthWatch: async (_request, stream) => {
      for (;;) await stream.send({});
    },
  });
  const bidi = client.bidi(rpc.keepAlive);
  await bidi.next();
  bidi.cancel();
  expect(await bidi.status).toMatchObject({ code: "CANCELLED" });
  await woken.promise;
  await aborted.promise;
  const watch = client.serverStream(Health.method.watch, {});
  await watch.next();
  watch.cancel();
  expect(await watch.status).toMatchObject({ code: "CANCELLED" });
  await calls.close({ reason: "SHUTTING_DOWN", message: "" });
  expect(logged).toEqual([]);
});

test("canary: a deadline ends unary calls and streams, and wakes the handler of a stream", async () => {
  const forever = new Promise<never>(() => {});
  const aborted = Promise.withResolvers<void>();
  const { client } = await startAdapter({
    get: () => forever,
    keepAlive: async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
    },
  });
  expect(await failureOf(client.unary(rpc.get, {}, { deadlineMs: 50 }))).toMatchObject({
    code: "DEADLINE_EXCEEDED",
  });
  const stream = client.bidi(rpc.keepAlive, { deadlineMs: 50 });
  expect(await stream.status).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await aborted.promise;
});

test("canary: a slow reader holds its sender back, and gets everything in the end", async () => {
  const messages = 2_000;
  let sent = 0;
  const { client } = await startAdapter({
    healthWatch: async (_request, stream) => {
      for (; sent < messages; sent++) await stream.send(toBinary(GetResponseSchema, wide));
    },
  });
  const wide = create(GetResponseSchema, { data: Buffer.alloc(1_000) });
  const stream = client.serverStream({ ...Health.method.watch, output: GetResponseSchema }, {});
  await stream.next();
  // The windows of HTTP/2 and the buffers on both sides take some hundred messages, not all of them.
  const settled = await stable(() => sent);
  expect(settled).toBeLessThan(messages / 2);
  let received = 1;
  while ((await stream.next()) !== undefined) received++;
  expect(received).toBe(messages);
  expect(await stream.status).toMatchObject({ code: "OK" });
});

test("a stream that is cut ends with the refusal, after the messages before it", async () => {
  const { client } = await startAdapter({
    keepAlive: async (stream) => {
      stream.push({ zxid: 1n });
      setImmediate(() => stream.cut(refused.refusal));
      await stream.requests.next();
    },
  });
  const stream = client.bidi(rpc.keepAlive);
  expect(await stream.next()).toMatchObject({ zxid: 1n });
  expect(await stream.status).toMatchObject(noNode);
});

test("closed calls are refused, streams are cut, and the close waits for what runs", async () => {
  const gate = Promise.withResolvers<void>();
  const { client, calls } = await startAdapter({
    get: async () => {
      await gate.promise;
      return {};
    },
    keepAlive: async (stream) => {
      await stream.send({});
      await stream.requests.next();
    },
  });
  const running = client.unary(rpc.get, {});
  const stream = client.bidi(rpc.keepAlive);
  await stream.next();
  let closed = false;
  const closing = calls.close({ reason: "SHUTTING_DOWN", message: "stopping" }).then(() => {
    closed = true;
  });
  const stopping = { code: "UNAVAILABLE", reason: "SHUTTING_DOWN", retryMs: 1_000 };
  expect(await stream.status).toMatchObject(stopping);
  expect(await failureOf(client.unary(rpc.get, {}))).toMatchObject(stopping);
  expect(await client.bidi(rpc.keepAlive).status).toMatchObject(stopping);
  expect(closed).toBe(false);
  gate.resolve();
  await running;
  await closing;
});

test("a stream that is reset in the bytes that open it never begins, and leaves nothing behind", async () => {
  let begun = 0;
  const { address, client, calls } = await startAdapter({
    keepAlive: async (stream) => {
      begun++;
      await stream.requests.next();
    },
    get: () => ({}),
  });
  const connection = await RawConnection.open(Number(address.split(":")[1]));
  const fields = requestFields.map(
    ([name, value]) => [name, name === ":path" ? "/corral.v1.Coordination/KeepAlive" : value] as const,
  );
  connection.send(
    Buffer.concat([greeting, headersFrame(1, { fields }), frame("rstStream", 0, 1, uint32(8))]),
  );
  await once(connection.socket, "data");
  await client.unary(rpc.get, {});
  await calls.close({ reason: "SHUTTING_DOWN", message: "" });
  expect(begun).toBe(0);
  connection.socket.destroy();
});

test("a call whose message is not completed in time is ended, and one that is complete waits for its handler", async () => {
  const clock = new ManualClock();
  const answer = Promise.withResolvers<object>();
  const { address } = await startAdapter({ get: () => answer.promise }, clock);
  const session = connect(`http://${address}`);
  await once(session, "connect");
  const message = framed(toBinary(GetRequestSchema, create(GetRequestSchema, { path: "/" })));
  const waiting = rawGet(session, message, { end: true });
  const incomplete = rawGet(session, message.subarray(0, 4));
  // Both have arrived when what was sent after them is answered. In shorter steps, the connection gives its sign of life.
  for (let ms = 0; ms <= messageTimeoutMs; ms += 15_000) {
    await new Promise((resolve) => session.ping(resolve));
    clock.advance(15_000);
  }
  expect(await incomplete).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  answer.resolve({});
  expect(await waiting).toMatchObject({ code: "OK" });
  session.destroy();
});

test("a client that asks for much at once is answered over many turns, in its order, and others in between", async () => {
  const answer = toBinary(GetResponseSchema, create(GetResponseSchema, { data: Buffer.alloc(500_000) }));
  const served: { path: string; turn: number }[] = [];
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  const { client } = await startAdapter({
    get: ({ path }) => {
      served.push({ path, turn });
      return answer;
    },
  });
  count();
  const paths = Array.from({ length: 60 }, (_, i) => `/${i}`);
  await Promise.all(paths.map((path) => client.unary(rpc.get, { path })));
  isOver = true;
  expect(served.map(({ path }) => path)).toEqual(paths);
  const perTurn = new Map<number, number>();
  for (const { turn: at } of served) perTurn.set(at, (perTurn.get(at) ?? 0) + 1);
  // The turn in which they are read, and that in which those that wait are served.
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(2 * Math.ceil(turnAnswerBytesMax / 500_000));
});

/** The value once it has stopped to change over some turns of the event loop, sockets included. */
async function stable(value: () => number): Promise<number> {
  for (let last = -1, quiet = 0; quiet < 20; ) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    quiet = value() === last ? quiet + 1 : 0;
    last = value();
  }
  return value();
}
