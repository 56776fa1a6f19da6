// Clients that do not read what they asked for, at a real front: the server keeps its memory, and serves the others.
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { anonymous } from "../../src/core/operation.ts";
import { dataBytesMax, memoryLookIntervalMs, memoryTargetRatio } from "../../src/limits.ts";
import { settle } from "../support/engine.ts";
import { framed } from "../support/raw-call.ts";
import { pathOf } from "../support/rpc-client.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;
const bytesMax = 16 * 1_048_576;

async function serverWithLargeNode(): Promise<TestServer> {
  const server = await startServer({ clientMemoryMaxBytes: bytesMax });
  const data = Buffer.alloc(dataBytesMax, "x");
  await server.engine.submit({ op: "create", path: "/large", data, mode: "persistent" }, anonymous);
  return server;
}

/** A connection that asks for so much and reads nothing, and how it ended. */
function silentClient(
  server: TestServer,
  gets: number,
): { session: ClientHttp2Session; goneWith: Promise<number> } {
  const session = connect(`http://${server.address}`);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  const goneWith = new Promise<number>((resolve) => session.once("goaway", resolve));
  for (let i = 0; i < gets; i++)
    ask(session, rpc.get, toBinary(rpc.get.input, create(rpc.get.input, { path: "/large" })));
  return { session, goneWith };
}

/** Makes a call of which nothing is read. */
function ask(session: ClientHttp2Session, method: { readonly name: string }, message: Uint8Array): void {
  const stream = session.request({
    ":method": "POST",
    ":path": pathOf(method as typeof rpc.get),
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  stream.end(framed(message));
}

function held(server: TestServer): number {
  return server.vitals.data!.memory.heldBytes;
}

/** Lets time pass until it is so: what is on its way through sockets takes turns of the event loop, not time. */
async function looksUntil(server: TestServer, isSo: () => boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        server.clock.advance(memoryLookIntervalMs);
        await settle();
        return isSo();
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(true);
}

test("connections that read no answers end with ENHANCE_YOUR_CALM until the rest fits; one that reads is served", async () => {
  const server = await serverWithLargeNode();
  const { shedCounts } = server.vitals.data!.memory;
  const small = Array.from({ length: 4 }, () => silentClient(server, 1));
  await looksUntil(server, () => held(server) > 3.5 * dataBytesMax);
  const large = Array.from({ length: 6 }, () => silentClient(server, 8));
  const reader = (async () => {
    for (let i = 0; i < 20; i++) await server.client.unary(rpc.get, { path: "/large" });
  })();
  await looksUntil(server, () => (shedCounts.get("connection") ?? 0) > 0);
  await reader;
  await looksUntil(server, () => held(server) <= bytesMax * memoryTargetRatio);
  const ended = await Promise.race(large.map(({ goneWith }) => goneWith));
  expect(ended).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  for (const { session } of small) expect(session.closed || session.destroyed).toBe(false);
  expect(server.logged).toContainEqual({
    kind: "connection",
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    bytes: expect.any(Number),
  });
  await server.client.unary(rpc.get, { path: "/large" });
});

test("answers that are more than the budget are shed before a second has passed", async () => {
  const server = await serverWithLargeNode();
  const large = Array.from({ length: 6 }, () => silentClient(server, 8));
  const ended = await Promise.race(large.map(({ goneWith }) => goneWith));
  expect(ended).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
});

test("messages that are not completed count for their connection: the one that holds most ends", async () => {
  const server = await serverWithLargeNode();
  const half = (calls: number) => {
    const client = silentClient(server, 0);
    for (let i = 0; i < calls; i++) {
      const stream = client.session.request({
        ":method": "POST",
        ":path": pathOf(rpc.set),
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.on("error", () => {});
      stream.write(framed(Buffer.alloc(3 * 1_048_576), { length: 4 * 1_048_576 }));
    }
    return client;
  };
  const small = half(1);
  await looksUntil(server, () => held(server) >= 3 * 1_048_576);
  const large = half(6);
  await looksUntil(server, () => (server.vitals.data!.memory.shedCounts.get("connection") ?? 0) > 0);
  expect(await large.goneWith).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  await looksUntil(server, () => held(server) < 6 * 1_048_576);
  expect(held(server)).toBeGreaterThan(0);
  expect(small.session.destroyed).toBe(false);
});

test("an event that many watchers are sent, and have not read, counts once; they are not shed for it", async () => {
  const server = await serverWithLargeNode();
  const add = [{ watchId: 1n, path: "/large", kind: WatchKind.PERSISTENT, withData: true }];
  const request = toBinary(rpc.watch.input, create(rpc.watch.input, { add }));
  const watchers = 40;
  const sessions = Array.from({ length: watchers }, () => silentClient(server, 0).session);
  for (const session of sessions) ask(session, rpc.watch, request);
  await expect.poll(() => server.engine.watches.count).toBe(watchers);
  const data = Buffer.alloc(dataBytesMax, "y");
  await server.engine.submit({ op: "set", path: "/large", data, version: -1 }, anonymous);
  await looksUntil(server, () => held(server) >= dataBytesMax);
  for (let i = 0; i < 3; i++) server.clock.advance(memoryLookIntervalMs);
  expect(held(server)).toBeLessThan(bytesMax);
  expect([...server.vitals.data!.memory.shedCounts]).toEqual([]);
  expect(server.engine.watches.streamCount).toBe(watchers);
  for (const session of sessions) session.destroy();
  await looksUntil(server, () => held(server) === 0);
});

test("a pipeline whose answers are not read ends with OVERLOADED, at once, and another that is read goes on", async () => {
  const server = await serverWithLargeNode();
  const operations = Array.from({ length: 12 }, () => ({
    operation: { case: "get" as const, value: { path: "/large" } },
  }));
  const silent = Array.from({ length: 4 }, () => server.client.bidi(rpc.pipeline));
  const quick = server.client.bidi(rpc.pipeline);
  for (const stream of silent) stream.send({ operations });
  await expect
    .poll(() => server.vitals.data!.memory.shedCounts.get("pipeline"), { timeout: 20_000 })
    .toBeGreaterThan(0);
  quick.send({ operations: operations.slice(0, 2) });
  let answered = 0;
  while (answered < 2) answered += (await quick.next())!.results.length;
  await looksUntil(server, () => held(server) <= bytesMax * memoryTargetRatio);
  const ends: string[] = [];
  for (const stream of silent) {
    void stream.status.then(({ reason }) => ends.push(String(reason)));
    void (async () => {
      while ((await stream.next()) !== undefined);
    })();
  }
  await expect.poll(() => ends, { timeout: 20_000 }).toContain("OVERLOADED");
  quick.send({ operations: operations.slice(0, 1) });
  expect(await quick.next()).toBeDefined();
});
