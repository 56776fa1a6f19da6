import type { MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import {
  type WatchAddSchema,
  WatchEventKind,
  WatchKind,
  type WatchRequestSchema,
  type WatchResponse,
} from "../../gen/ts/corral/v1/watch_pb.js";
import { dataBytesMax } from "../../src/limits.ts";
import { startServer, type TestServer } from "../support/start-server.ts";

const rpc = Coordination.method;

let server: TestServer;

beforeEach(async () => {
  server = await startServer();
});

/** Opens a stream with its first request. */
function open(request: MessageInitShape<typeof WatchRequestSchema>, options: { session?: string } = {}) {
  const stream = server.client.bidi(rpc.watch, options);
  stream.send(request);
  return stream;
}

const add = (...adds: MessageInitShape<typeof WatchAddSchema>[]) => ({ add: adds });

async function create(path: string, text = ""): Promise<bigint> {
  return (await server.client.unary(rpc.create, { path, text })).zxid;
}

async function set(path: string, text: string): Promise<bigint> {
  return (await server.client.unary(rpc.set, { path, text })).zxid;
}

async function remove(path: string): Promise<bigint> {
  return (await server.client.unary(rpc.delete, { path })).zxid;
}

/** The events of a message, a line each. */
function linesOf(message: WatchResponse | undefined): string[] {
  return message!.events.map(
    ({ watchIds, kind, path, zxid }) => `${zxid} ${WatchEventKind[kind]} ${path} -> ${watchIds}`,
  );
}

describe("from end to end", () => {
  test("every kind is told what is its own", async () => {
    await create("/sl");
    const kinds = [
      WatchKind.UNSPECIFIED,
      WatchKind.DATA,
      WatchKind.EXISTS,
      WatchKind.CHILDREN,
      WatchKind.PERSISTENT,
      WatchKind.PERSISTENT_RECURSIVE,
      WatchKind.SUBTREE,
    ];
    const stream = open(add(...kinds.map((kind) => ({ watchId: BigInt(kind), path: "/sl", kind }))));
    const { added = [] } = (await stream.next())!;
    expect(added.map(({ watchId, zxid }) => [watchId, zxid])).toEqual(
      kinds.map((kind) => [BigInt(kind), 1n]),
    );
    await create("/sl/a");
    expect(linesOf(await stream.next())).toEqual([
      "2 NODE_CREATED /sl/a -> 0,5,6",
      "2 NODE_CHILDREN_CHANGED /sl -> 3,4",
    ]);
    await set("/sl", "30");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_DATA_CHANGED /sl -> 1,2,4,0,5,6"]);
    await remove("/sl/a");
    expect(linesOf(await stream.next())).toEqual([
      "4 NODE_DELETED /sl/a -> 0,5,6",
      "4 NODE_CHILDREN_CHANGED /sl -> 4",
    ]);
    await remove("/sl");
    expect(linesOf(await stream.next())).toEqual(["5 NODE_DELETED /sl -> 4,0,5,6"]);
  });

  test("a subtree is watched as deep as asked", async () => {
    for (const path of ["/a", "/a/b"]) await create(path);
    const depths = [0, 1, undefined];
    const stream = open(
      add(
        ...depths.map((depth, i) => ({
          watchId: BigInt(i),
          path: "/a",
          kind: WatchKind.SUBTREE,
          ...(depth !== undefined && { depth }),
        })),
      ),
    );
    await stream.next();
    await create("/a/b/c");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_CREATED /a/b/c -> 2"]);
    await set("/a/b", "x");
    expect(linesOf(await stream.next())).toEqual(["4 NODE_DATA_CHANGED /a/b -> 1,2"]);
    await set("/a", "x");
    expect(linesOf(await stream.next())).toEqual(["5 NODE_DATA_CHANGED /a -> 0,1,2"]);
  });

  test("an event has the Stat, and the data that were asked for, as text when they are text", async () => {
    await create("/sl", "20");
    const want = { path: "/sl", kind: WatchKind.PERSISTENT };
    const stream = open(
      add(
        { ...want, watchId: 1n },
        { ...want, watchId: 2n, withData: true },
        { ...want, watchId: 3n, withData: true, withPreviousData: true, asText: true },
      ),
    );
    await stream.next();
    const { stat } = await server.client.unary(rpc.set, { path: "/sl", text: "30" });
    const { events } = (await stream.next())!;
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    expect(
      events.map(({ watchIds, data, text, previousData, previousText }) => ({
        watchIds,
        data,
        text,
        previousData,
        previousText,
      })),
    ).toEqual([
      { watchIds: [1n], data: bytes(""), text: "", previousData: bytes(""), previousText: "" },
      { watchIds: [2n], data: bytes("30"), text: "", previousData: bytes(""), previousText: "" },
      { watchIds: [3n], data: bytes(""), text: "30", previousData: bytes(""), previousText: "20" },
    ]);
    for (const event of events) expect(event.stat).toEqual(stat);
    await server.client.unary(rpc.set, { path: "/sl", data: Uint8Array.of(0xff) });
    const [, , last] = (await stream.next())!.events;
    expect([last?.data, last?.previousText]).toEqual([Uint8Array.of(0xff), "30"]);
  });

  test("the largest data fit a client's message, however many forms of them the stream asks for", async () => {
    const text = "x".repeat(dataBytesMax);
    await create("/a", text);
    const both = { path: "/a", withData: true, withPreviousData: true };
    const stream = open(
      add(
        { ...both, watchId: 1n },
        { ...both, watchId: 2n, asText: true },
        { ...both, watchId: 3n, withData: false },
      ),
    );
    await stream.next();
    await set("/a", text);
    const { events } = (await stream.next())!;
    const lengths = events.map(({ data, previousData, dataOmitted }) => [
      data.length,
      previousData.length,
      dataOmitted,
    ]);
    expect(lengths).toEqual([
      [dataBytesMax, dataBytesMax, false],
      [0, 0, true],
      [0, dataBytesMax, false],
    ]);
  });

  test("a broken stream is resumed on another, from its last zxid", async () => {
    await create("/a");
    const first = open(add({ watchId: 1n, path: "/a" }));
    await first.next();
    await set("/a", "1");
    const [event] = (await first.next())!.events;
    first.cancel();
    await first.status;
    await set("/a", "2");
    const second = open(
      add({ watchId: 9n, path: "/a", afterZxid: event!.zxid, withData: true, asText: true }),
    );
    expect((await second.next())!.added).toMatchObject([{ watchId: 9n, zxid: 2n }]);
    const told = (await second.next())!;
    expect(told.events).toMatchObject([{ zxid: 3n, text: "2" }]);
    const bookmark = told.bookmark ?? (await second.next())!.bookmark;
    expect(bookmark).toMatchObject({ zxid: 3n, nextInMs: 5_000 });
  });
});

describe("a stream", () => {
  test("that half-closes goes on, and ends with OK after its last one-shot", async () => {
    await create("/a");
    const stream = open(
      add(
        { watchId: 1n, path: "/a", kind: WatchKind.DATA },
        { watchId: 2n, path: "/b", kind: WatchKind.EXISTS },
      ),
    );
    stream.end();
    expect((await stream.next())!.added).toHaveLength(2);
    await set("/a", "1");
    expect(linesOf(await stream.next())).toEqual(["2 NODE_DATA_CHANGED /a -> 1"]);
    await create("/b");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_CREATED /b -> 2"]);
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ code: "OK" });
    expect(server.engine.watches.streamCount).toBe(0);
  });

  test("that half-closes without a watch ends at once with OK, after its answers", async () => {
    const stream = open({ ...add({ watchId: 1n, path: "/none", kind: WatchKind.DATA }), bookmark: true });
    stream.end();
    const answer = (await stream.next())!;
    expect(answer.canceled).toMatchObject([{ watchId: 1n, status: { code: 5 } }]);
    expect(answer.bookmark).toMatchObject({ zxid: 0n, nextInMs: 5_000 });
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ code: "OK" });
  });

  test("answers adds, cancels and a bookmark of one message in this order", async () => {
    await create("/a");
    const stream = open({ ...add({ watchId: 1n, path: "/a" }), cancel: [1n, 2n], bookmark: true });
    const { added, canceled, bookmark } = (await stream.next())!;
    expect(added).toMatchObject([{ watchId: 1n, zxid: 1n }]);
    expect(canceled.map(({ watchId, status }) => [watchId, status?.code])).toEqual([
      [1n, undefined],
      [2n, 5],
    ]);
    expect(bookmark?.zxid).toBe(1n);
  });

  test("that is silent gets bookmarks", async () => {
    await create("/a");
    const stream = open(add({ watchId: 1n, path: "/a" }));
    await stream.next();
    server.clock.advance(5_500);
    expect((await stream.next())!.bookmark).toMatchObject({ zxid: 1n, nextInMs: 5_000 });
  });

  test("of a session ends with it, after the events of its ephemeral nodes", async () => {
    const { sessionToken: session } = await server.client.unary(rpc.openSession, {});
    await server.client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
    const stream = open(add({ watchId: 1n, path: "/" }), { session });
    await stream.next();
    await server.client.unary(rpc.closeSession, { sessionToken: session });
    expect(linesOf(await stream.next())).toEqual(["3 NODE_DELETED /e -> 1"]);
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "SESSION_EXPIRED",
      message: "the session was closed; open a new one",
    });
  });

  test("cannot be opened with a token that is none", async () => {
    const stream = open(add({ watchId: 1n, path: "/" }), { session: "1.x" });
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ reason: "SESSION_EXPIRED" });
  });

  test("is cut with SHUTTING_DOWN when the server stops, and so are those that half-closed", async () => {
    const streams = [open(add({ watchId: 1n, path: "/" })), open(add({ watchId: 1n, path: "/" }))];
    for (const stream of streams) await stream.next();
    streams[1]!.end();
    await server.stop();
    for (const stream of streams) {
      expect(await stream.status).toMatchObject({ code: "UNAVAILABLE", reason: "SHUTTING_DOWN" });
    }
  });

  test("that is cancelled takes its watches along", async () => {
    const stream = open(add({ watchId: 1n, path: "/" }));
    await stream.next();
    stream.cancel();
    await expect.poll(() => server.engine.watches.streamCount).toBe(0);
    await expect.poll(() => [...server.engine.watches.counts.values()]).toEqual([0]);
  });
});
