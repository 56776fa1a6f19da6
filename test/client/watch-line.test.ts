import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { StatSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchEventKind, WatchRequestSchema, WatchResponseSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { Namespace } from "../../src/client/namespace.ts";
import { Watch, type WatchOptions } from "../../src/client/watch.ts";
import { WatchLine } from "../../src/client/watch-line.ts";
import { FakeLink } from "../support/fake-link.ts";
import { ManualClock } from "../support/manual-clock.ts";

let clock: ManualClock;
let fake: FakeLink<typeof WatchRequestSchema, typeof WatchResponseSchema>;
let line: WatchLine;

beforeEach(() => {
  clock = new ManualClock();
  fake = new FakeLink(WatchRequestSchema, WatchResponseSchema);
  const namespace = new Namespace();
  line = new WatchLine({ link: fake.link, clock, namespace, refused: () => {} });
});

function watch(path: string, options: WatchOptions = {}): Watch {
  const namespace = new Namespace();
  return new Watch(path, options, {
    namespace,
    add: (watch) => line.add(watch),
    remove: (watch) => line.remove(watch),
  });
}

/** Lets what was put together in this turn go out. */
async function flushed(): Promise<void> {
  await Promise.resolve();
}

function event(id: number, zxid: number, path = "/a") {
  return {
    watchIds: [BigInt(id)],
    kind: WatchEventKind.NODE_DATA_CHANGED,
    path,
    zxid: BigInt(zxid),
    stat: create(StatSchema),
  };
}

const added = (id: number, zxid: number) => ({ added: [{ watchId: BigInt(id), zxid: BigInt(zxid) }] });
const bookmark = (zxid: number) => ({ bookmark: { zxid: BigInt(zxid), nextInMs: 100 } });

describe("a bookmark", () => {
  test("speaks for the watches that the server has added, and for no other", async () => {
    const [one, other] = [watch("/a", { afterZxid: 5 }), watch("/b", { afterZxid: 5 })];
    await flushed();
    fake.answer({ ...added(1, 5), ...bookmark(9) });
    expect([one.zxid, other.zxid]).toEqual([9, 5]);
    fake.answer({ ...added(2, 5), ...bookmark(10) });
    expect([one.zxid, other.zxid]).toEqual([10, 10]);
  });

  test("starts the count of silence, which stands still while a watch catches up", async () => {
    watch("/a");
    await flushed();
    fake.answer(added(1, 5));
    clock.advance(10_000);
    fake.answer(bookmark(5));
    clock.advance(299);
    fake.answer(bookmark(5));
    clock.advance(299);
    watch("/b", { afterZxid: 0 });
    await flushed();
    clock.advance(10_000);
    // One of before the second watch was added: that one may catch up for long.
    fake.answer(bookmark(6));
    clock.advance(10_000);
    expect(fake.cancelled).toBe(false);
    fake.answer({ ...added(2, 0), ...bookmark(7) });
    clock.advance(300);
    expect(fake.cancelled).toBe(true);
    expect(await line.ended).toMatchObject({ reason: "CONNECTION_LOST" });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a watch", () => {
  test("that was taken off and put back hears nothing of what was meant for it before", async () => {
    const one = watch("/a", { afterZxid: 5 });
    await flushed();
    fake.answer({ ...added(1, 5), events: [event(1, 6)] });
    line.remove(one);
    line.add(one);
    await flushed();
    // On its way before the server heard of that: it comes again, for the new id.
    fake.answer({ events: [event(1, 7)] });
    fake.answer({ ...added(2, 6), events: [event(2, 7)] });
    expect(fake.sent).toMatchObject([
      { add: [{ watchId: 1n, afterZxid: 5n }], bookmark: true },
      { add: [{ watchId: 2n, afterZxid: 6n }], bookmark: true },
      { cancel: [1n] },
    ]);
    const zxids = [await one.next(), await one.next()].map(({ value }) => value?.zxid);
    expect([zxids, one.zxid]).toEqual([[6, 7], 7]);
  });

  test("that was cancelled before it was sent is never sent", async () => {
    await watch("/a").return();
    watch("/b");
    await flushed();
    expect(fake.sent).toMatchObject([{ add: [{ watchId: 2n, path: "/b" }], bookmark: true }]);
  });

  test("that is over with its one event is not cancelled", async () => {
    const once = watch("/a", { kind: "data" });
    await flushed();
    fake.answer({ ...added(1, 5), events: [event(1, 6)] });
    await flushed();
    expect(fake.sent).toHaveLength(1);
    expect([(await once.next()).value?.zxid, (await once.next()).done]).toEqual([6, true]);
  });

  test("has handed out everything before the event that is next", async () => {
    const one = watch("/a");
    await flushed();
    fake.answer({ ...added(1, 5), events: [event(1, 7), event(1, 7, "/a/b"), event(1, 9)], ...bookmark(12) });
    const zxids: (number | undefined)[] = [one.zxid];
    for (let i = 0; i < 3; i++) {
      await one.next();
      zxids.push(one.zxid);
    }
    expect(zxids).toEqual([6, 6, 8, 12]);
  });
});

describe("a zxid that is told in parts", () => {
  test("is handed on as a whole, once the last part has come", async () => {
    const [one, other] = [watch("/a", { afterZxid: 5 }), watch("/b", { afterZxid: 5 })];
    await flushed();
    fake.answer({ added: [...added(1, 5).added, ...added(2, 5).added] });
    fake.answer({ events: [event(1, 6), event(1, 7), event(2, 7)], zxidContinues: true });
    // Handed out is what came before the zxid that goes on.
    expect((await one.next()).value?.zxid).toBe(6);
    expect([one.zxid, other.zxid]).toEqual([6, 5]);
    fake.answer({ events: [event(1, 7)], zxidContinues: true });
    expect([one.zxid, other.zxid]).toEqual([6, 5]);
    fake.answer({ events: [event(1, 7), event(1, 8)] });
    const zxids = [await one.next(), await one.next(), await one.next(), await one.next()];
    expect(zxids.map(({ value }) => value?.zxid)).toEqual([7, 7, 7, 8]);
    expect((await other.next()).value?.zxid).toBe(7);
    expect([one.zxid, other.zxid]).toEqual([8, 7]);
  });

  test("of which the last part never came is asked for again from its beginning", async () => {
    const one = watch("/a", { afterZxid: 5 });
    await flushed();
    fake.answer({ ...added(1, 5), events: [event(1, 6), event(1, 7)], zxidContinues: true });
    expect(one.toProto(9n)).toMatchObject({ afterZxid: 6n });
  });
});
