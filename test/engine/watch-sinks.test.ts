import { expect, test } from "vitest";
import { watchSpec } from "../../src/core/watch.ts";
import type { WatchMessage } from "../../src/engine/outbox.ts";
import type { WatchSink } from "../../src/engine/watch-stream.ts";
import { outboxEventsMax } from "../../src/limits.ts";
import { settle, TestEngine } from "../support/engine.ts";
import { WatchReader } from "../support/watch-reader.ts";

/** Sinks that do at once what a front end mostly does later: close their stream, or take a message. */

const spec = watchSpec("persistent", "all", { withData: false, withPreviousData: false, asText: false });

/** A stream that is closed as soon as it is cut, and otherwise does what the sink says. */
function open(server: TestEngine, send: WatchSink["send"]) {
  let cuts = 0;
  const opened = server.engine.watch(
    { peer: "test", sessionId: undefined, identities: [] },
    {
      send,
      cut: () => {
        cuts++;
        opened.close();
      },
    },
  );
  const add = (id: number, path: string) =>
    server.engine.watches.add(opened.stream, { id, path, spec, afterZxid: undefined });
  /** Has it wait for as many answers as it may, behind a message that is on its way. */
  const fill = () => {
    for (let round = 0; round < 2; round++) {
      opened.stream.flush();
      for (let id = 1_000; opened.stream.waitingEvents < outboxEventsMax; id++) add(id, "bad");
    }
  };
  return { ...opened, add, fill, cuts: () => cuts };
}

test("a reader whose stream is closed while an event is told costs no other reader that event", async () => {
  const server = await TestEngine.start();
  await server.create("/a");
  const slow = open(server, () => {});
  slow.add(1, "/a");
  const quick = new WatchReader(server);
  quick.add(1, "persistent", "/a");
  const first = server.engine.tree.zxid + 1;
  while (slow.cuts() === 0) {
    await Promise.all(Array.from({ length: outboxEventsMax / 10 }, () => server.set("/a")));
    await settle();
  }
  const all = Array.from({ length: server.engine.tree.zxid - first + 1 }, (_, i) => first + i);
  expect(quick.events).toEqual(all.map((zxid) => `${zxid} =/a -> 1`));
  expect(quick.ended).toBeUndefined();
  expect([...server.engine.watches.watching("/a")].map(({ owner }) => owner)).toEqual([quick.stream]);
  expect(server.engine.watches.count).toBe(1);
});

test("a watch whose answer ends its stream leaves nothing behind, live or told of the past", async () => {
  const server = await TestEngine.start();
  await server.create("/a");
  for (const afterZxid of [undefined, 0]) {
    const { stream, add, fill, cuts } = open(server, () => {});
    fill();
    server.engine.watches.add(stream, { id: -1, path: "/a", spec, afterZxid });
    expect(cuts()).toBe(1);
    add(-2, "/a");
  }
  await settle();
  const { watches } = server.engine;
  expect([[...watches.watching("/a")], watches.count, watches.catchingUp]).toEqual([[], 0, 0]);
});

test("a cancel whose answer ends the stream counts the watch once", async () => {
  const server = await TestEngine.start();
  await server.create("/a");
  const { stream, add, fill, cuts } = open(server, () => {});
  add(0, "/a");
  fill();
  server.engine.watches.cancel(stream, 0);
  expect(cuts()).toBe(1);
  expect([server.engine.watches.count, server.engine.watches.counts.get("persistent")]).toEqual([0, 0]);
});

test("a sink that has sent a message before it returns is sent everything, in order", async () => {
  const server = await TestEngine.start();
  await server.create("/a");
  const messages: WatchMessage[] = [];
  const { stream, add } = open(server, (message, sent) => {
    messages.push(message);
    sent();
  });
  add(0, "/a");
  stream.flush();
  for (let id = 1; id <= 5_000; id++) {
    // Each begins a message, since an answer to an add comes first in one.
    stream.pushCanceled(id, undefined);
    stream.pushAdded(id, 0);
  }
  stream.flush();
  await server.set("/a");
  expect(messages.flatMap(({ added }) => added.map(({ watchId }) => watchId))).toEqual(
    Array.from({ length: 5_001 }, (_, id) => id),
  );
  expect(messages.at(-1)?.notices.map(({ event }) => event.zxid)).toEqual([2]);
  expect(stream.isQuiet).toBe(true);
});
