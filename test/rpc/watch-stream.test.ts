import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { startServer, type TestServer } from "../support/start-server.ts";
import { add, linesOf, WatchCalls } from "../support/watch-calls.ts";

const rpc = Coordination.method;

let server: TestServer;
let calls: WatchCalls;

beforeEach(async () => {
  server = await startServer();
  calls = new WatchCalls(server);
});

describe("a stream", () => {
  test("that half-closes goes on, and ends with OK after its last one-shot", async () => {
    await calls.create("/a");
    const stream = calls.open(
      add(
        { watchId: 1n, path: "/a", kind: WatchKind.DATA },
        { watchId: 2n, path: "/b", kind: WatchKind.EXISTS },
      ),
    );
    stream.end();
    expect((await stream.next())!.added).toHaveLength(2);
    await calls.set("/a", "1");
    expect(linesOf(await stream.next())).toEqual(["2 NODE_DATA_CHANGED /a -> 1"]);
    await calls.create("/b");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_CREATED /b -> 2"]);
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ code: "OK" });
    expect(server.engine.watches.streamCount).toBe(0);
  });

  test("that half-closes without a watch ends at once with OK, after its answers", async () => {
    const stream = calls.open({
      ...add({ watchId: 1n, path: "/none", kind: WatchKind.DATA }),
      bookmark: true,
    });
    stream.end();
    const answer = (await stream.next())!;
    expect(answer.canceled).toMatchObject([{ watchId: 1n, status: { code: 5 } }]);
    expect(answer.bookmark).toMatchObject({ zxid: 0n, nextInMs: 5_000 });
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ code: "OK" });
  });

  test("answers adds, cancels and a bookmark of one message in this order", async () => {
    await calls.create("/a");
    const stream = calls.open({ ...add({ watchId: 1n, path: "/a" }), cancel: [1n, 2n], bookmark: true });
    const { added, canceled, bookmark } = (await stream.next())!;
    expect(added).toMatchObject([{ watchId: 1n, zxid: 1n }]);
    expect(canceled.map(({ watchId, status }) => [watchId, status?.code])).toEqual([
      [1n, undefined],
      [2n, 5],
    ]);
    expect(bookmark?.zxid).toBe(1n);
  });

  test("that is silent gets bookmarks", async () => {
    await calls.create("/a");
    const stream = calls.open(add({ watchId: 1n, path: "/a" }));
    await stream.next();
    server.clock.advance(5_500);
    expect((await stream.next())!.bookmark).toMatchObject({ zxid: 1n, nextInMs: 5_000 });
  });

  test("of a session ends with it, after the events of its ephemeral nodes", async () => {
    const { sessionToken: session } = await server.client.unary(rpc.openSession, {});
    await server.client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
    const stream = calls.open(add({ watchId: 1n, path: "/" }), { session });
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
    const stream = calls.open(add({ watchId: 1n, path: "/" }), { session: "1.x" });
    expect(await stream.next()).toBeUndefined();
    expect(await stream.status).toMatchObject({ reason: "SESSION_EXPIRED" });
  });

  test("is cut with SHUTTING_DOWN when the server stops, and so are those that half-closed", async () => {
    const streams = [
      calls.open(add({ watchId: 1n, path: "/" })),
      calls.open(add({ watchId: 1n, path: "/" })),
    ];
    for (const stream of streams) await stream.next();
    streams[1]!.end();
    await server.stop();
    for (const stream of streams) {
      expect(await stream.status).toMatchObject({ code: "UNAVAILABLE", reason: "SHUTTING_DOWN" });
    }
  });

  test("whose client does not read ends once too much waits; what was sent arrives whole, and is gone on from", async () => {
    await calls.create("/a");
    const stream = calls.open(add({ watchId: 1n, path: "/a", withData: true }));
    await stream.next();
    const other = calls.open(add({ watchId: 1n, path: "/a" }));
    await other.next();
    const text = "x".repeat(200_000);
    while (server.engine.watches.streamCount === 2) {
      await calls.set("/a", text);
      await other.next();
    }
    const zxids: bigint[] = [];
    for (let message = await stream.next(); message !== undefined; message = await stream.next()) {
      for (const { zxid, data } of message.events) if (data.length === text.length) zxids.push(zxid);
    }
    const last = zxids.at(-1)!;
    expect(zxids).toEqual(zxids.map((_, i) => BigInt(i + 2)));
    expect(await stream.status).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "WATCHER_TOO_SLOW",
      facts: { limit: "20000", last_zxid: String(last) },
    });
    const again = calls.open(add({ watchId: 1n, path: "/a", afterZxid: last }));
    await again.next();
    expect((await again.next())!.events[0]?.zxid).toBe(last + 1n);
  });

  test("that is cancelled takes its watches along", async () => {
    const stream = calls.open(add({ watchId: 1n, path: "/" }));
    await stream.next();
    stream.cancel();
    await expect.poll(() => server.engine.watches.streamCount).toBe(0);
    await expect.poll(() => [...server.engine.watches.counts.values()]).toEqual([0]);
  });
});
