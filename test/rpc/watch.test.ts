import { beforeEach, describe, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { WatchKind } from "../../gen/ts/corral/v1/watch_pb.js";
import { dataBytesMax } from "../../src/limits.ts";
import { startServer, type TestServer } from "../support/start-server.ts";
import { add, linesOf, WatchCalls } from "../support/watch-calls.ts";

const rpc = Coordination.method;

let server: TestServer;
let calls: WatchCalls;

beforeEach(async () => {
  server = await startServer();
  calls = new WatchCalls(server);
});

describe("from end to end", () => {
  test("every kind is told what is its own", async () => {
    await calls.create("/sl");
    const kinds = [
      WatchKind.UNSPECIFIED,
      WatchKind.DATA,
      WatchKind.EXISTS,
      WatchKind.CHILDREN,
      WatchKind.PERSISTENT,
      WatchKind.PERSISTENT_RECURSIVE,
      WatchKind.SUBTREE,
    ];
    const stream = calls.open(add(...kinds.map((kind) => ({ watchId: BigInt(kind), path: "/sl", kind }))));
    const { added = [] } = (await stream.next())!;
    expect(added.map(({ watchId, zxid }) => [watchId, zxid])).toEqual(
      kinds.map((kind) => [BigInt(kind), 1n]),
    );
    await calls.create("/sl/a");
    expect(linesOf(await stream.next())).toEqual([
      "2 NODE_CREATED /sl/a -> 0,5,6",
      "2 NODE_CHILDREN_CHANGED /sl -> 3,4",
    ]);
    await calls.set("/sl", "30");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_DATA_CHANGED /sl -> 1,2,4,0,5,6"]);
    await calls.remove("/sl/a");
    expect(linesOf(await stream.next())).toEqual([
      "4 NODE_DELETED /sl/a -> 0,5,6",
      "4 NODE_CHILDREN_CHANGED /sl -> 4",
    ]);
    await calls.remove("/sl");
    expect(linesOf(await stream.next())).toEqual(["5 NODE_DELETED /sl -> 4,0,5,6"]);
  });

  test("a subtree is watched as deep as asked", async () => {
    for (const path of ["/a", "/a/b"]) await calls.create(path);
    const depths = [0, 1, undefined];
    const stream = calls.open(
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
    await calls.create("/a/b/c");
    expect(linesOf(await stream.next())).toEqual(["3 NODE_CREATED /a/b/c -> 2"]);
    await calls.set("/a/b", "x");
    expect(linesOf(await stream.next())).toEqual(["4 NODE_DATA_CHANGED /a/b -> 1,2"]);
    await calls.set("/a", "x");
    expect(linesOf(await stream.next())).toEqual(["5 NODE_DATA_CHANGED /a -> 0,1,2"]);
  });

  test("an event has the Stat, and the data that were asked for, as text when they are text", async () => {
    await calls.create("/sl", "20");
    const want = { path: "/sl", kind: WatchKind.PERSISTENT };
    const stream = calls.open(
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
    await calls.create("/a", text);
    const both = { path: "/a", withData: true, withPreviousData: true };
    const stream = calls.open(
      add(
        { ...both, watchId: 1n },
        { ...both, watchId: 2n, asText: true },
        { ...both, watchId: 3n, withData: false },
      ),
    );
    await stream.next();
    await calls.set("/a", text);
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
    await calls.create("/a");
    const first = calls.open(add({ watchId: 1n, path: "/a" }));
    await first.next();
    await calls.set("/a", "1");
    const [event] = (await first.next())!.events;
    first.cancel();
    await first.status;
    await calls.set("/a", "2");
    const second = calls.open(
      add({ watchId: 9n, path: "/a", afterZxid: event!.zxid, withData: true, asText: true }),
    );
    expect((await second.next())!.added).toMatchObject([{ watchId: 9n, zxid: 2n }]);
    const told = (await second.next())!;
    expect(told.events).toMatchObject([{ zxid: 3n, text: "2" }]);
    const bookmark = told.bookmark ?? (await second.next())!.bookmark;
    expect(bookmark).toMatchObject({ zxid: 3n, nextInMs: 5_000 });
  });
});
