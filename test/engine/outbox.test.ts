import { describe, expect, test } from "vitest";
import type { NodeEvent } from "../../src/core/event.ts";
import { createdNode } from "../../src/core/node.ts";
import { watchSpec } from "../../src/core/watch.ts";
import { Outbox, type WatchMessage } from "../../src/engine/outbox.ts";
import { dataBytesMax, outboxBytesMax, outboxEventsMax, watchMessageBytes } from "../../src/limits.ts";

const formOf = (withData: boolean) =>
  watchSpec("persistent", "all", { withData, withPreviousData: false, asText: false }).form;
const plain = formOf(false);
const full = formOf(true);

function event(zxid: number, dataBytes = 0, path = "/a"): NodeEvent {
  const data = new Uint8Array(dataBytes);
  const node = createdNode({ zxid, timeMs: 0 }, {}, dataBytes);
  return { kind: "nodeDataChanged", path, zxid, node, data, previousData: data, dataOmitted: false };
}

function takeAll(outbox: Outbox): WatchMessage[] {
  const messages: WatchMessage[] = [];
  for (let message = outbox.take(); message !== undefined; message = outbox.take()) messages.push(message);
  return messages;
}

const zxidsOf = ({ notices }: WatchMessage) => notices.map(({ event: { zxid } }) => zxid);

describe("a message", () => {
  test("has its parts in the order in which they happened; what comes earlier in a message begins a new one", () => {
    const outbox = new Outbox();
    outbox.push({ kind: "added", watchId: 1, zxid: 4 });
    outbox.pushEvent(event(5), plain, 1);
    outbox.push({ kind: "canceled", watchId: 1, refusal: undefined, toldZxid: Number.POSITIVE_INFINITY });
    outbox.push({ kind: "bookmark", zxid: 5 });
    outbox.pushEvent(event(6), plain, 2);
    outbox.push({ kind: "added", watchId: 3, zxid: 6 });
    outbox.push({ kind: "added", watchId: 4, zxid: 6 });
    const parts = takeAll(outbox).map(({ added, notices, canceled, bookmarkZxid }) => ({
      added: added.map(({ watchId }) => watchId),
      events: notices.map(({ event: { zxid } }) => zxid),
      canceled: canceled.map(({ watchId }) => watchId),
      bookmarkZxid,
    }));
    expect(parts).toEqual([
      { added: [1], events: [5], canceled: [1], bookmarkZxid: 5 },
      { added: [], events: [6], canceled: [], bookmarkZxid: undefined },
      { added: [3, 4], events: [], canceled: [], bookmarkZxid: undefined },
    ]);
  });

  test("tells an event once to all watches of a stream that want it in the same form", () => {
    const outbox = new Outbox();
    const one = event(5, 10);
    const other = event(5, 10, "/b");
    outbox.pushEvent(one, plain, 1);
    outbox.pushEvent(one, full, 2);
    outbox.pushEvent(one, plain, 3);
    outbox.pushEvent(other, plain, 1);
    const { notices } = outbox.take()!;
    expect(notices.map(({ event, form, watchIds }) => ({ event, form, watchIds }))).toEqual([
      { event: one, form: plain, watchIds: [1, 3] },
      { event: one, form: full, watchIds: [2] },
      { event: other, form: plain, watchIds: [1] },
    ]);
  });

  test("ends at its size, but never within a zxid", () => {
    const outbox = new Outbox();
    const half = watchMessageBytes / 2;
    for (const zxid of [1, 2, 2, 2, 3, 4, 4]) outbox.pushEvent(event(zxid, half), full, 1);
    expect(takeAll(outbox).map(zxidsOf)).toEqual([
      [1, 2, 2, 2],
      [3, 4, 4],
    ]);
  });

  test("of the largest data keeps below the 4 MiB that gRPC clients take", () => {
    const outbox = new Outbox();
    outbox.pushEvent(event(1, watchMessageBytes - 200), full, 1);
    for (let i = 0; i < 3; i++) outbox.pushEvent(event(2, dataBytesMax), full, 1);
    const sizes = takeAll(outbox).map(({ notices }) =>
      notices.reduce((sum, { event: { data } }) => sum + data!.length, 0),
    );
    expect(sizes).toEqual([watchMessageBytes - 200 + 3 * dataBytesMax]);
    expect(sizes[0]).toBeLessThan(4 * 1_048_576 - 65_536);
  });
});

describe("data that watches of a stream want in several forms", () => {
  const forms = [1, 2, 3, 4].map(
    (i) =>
      watchSpec("persistent", "all", { withData: true, withPreviousData: i % 2 === 0, asText: i > 2 }).form,
  );

  test("are left out beyond what fits one message, and the event says so", () => {
    const outbox = new Outbox();
    const one = event(1, dataBytesMax);
    for (const form of forms) for (const watchId of [1, 2]) outbox.pushEvent(one, form, watchId);
    outbox.pushEvent(one, plain, 3);
    const { notices } = outbox.take()!;
    expect(
      notices.map(({ event: { data, previousData, dataOmitted }, form, watchIds }) => ({
        bytes:
          (form.withData ? (data?.length ?? 0) : 0) +
          (form.withPreviousData ? (previousData?.length ?? 0) : 0),
        dataOmitted,
        watchIds,
      })),
    ).toEqual([
      { bytes: dataBytesMax, dataOmitted: false, watchIds: [1, 2] },
      { bytes: 2 * dataBytesMax, dataOmitted: false, watchIds: [1, 2] },
      { bytes: 0, dataOmitted: true, watchIds: [1, 2] },
      { bytes: 0, dataOmitted: true, watchIds: [1, 2] },
      { bytes: 0, dataOmitted: false, watchIds: [3] },
    ]);
    expect([outbox.count, outbox.isHalfFull]).toEqual([0, false]);
  });

  test("are whole again in the next transaction, and the event left out is one for all streams", () => {
    const outboxes = [new Outbox(), new Outbox()];
    const one = event(1, dataBytesMax);
    const bare = outboxes.map((outbox) => {
      for (const form of forms) outbox.pushEvent(one, form, 1);
      outbox.pushEvent(event(2, dataBytesMax), full, 1);
      return takeAll(outbox).flatMap(({ notices }) => notices);
    });
    const [first = [], second = []] = bare;
    expect(first.at(-1)?.event).toMatchObject({ zxid: 2, dataOmitted: false });
    const left = first.filter(({ event: { dataOmitted } }) => dataOmitted).map((notice) => notice.event);
    expect(left.length).toBeGreaterThan(0);
    for (const each of left) expect(second.map((notice) => notice.event)).toContain(each);
  });
});

describe("the bound", () => {
  test("counts events and answers", () => {
    const outbox = new Outbox();
    for (let i = 1; i < outboxEventsMax; i++) {
      if (i % 2 === 0) outbox.push({ kind: "added", watchId: i, zxid: 0 });
      else outbox.pushEvent(event(i), plain, 1);
      expect(outbox.isHalfFull).toBe(i >= outboxEventsMax / 2);
    }
    expect(outbox.isFull).toBe(false);
    outbox.push({ kind: "canceled", watchId: 1, refusal: undefined, toldZxid: Number.POSITIVE_INFINITY });
    expect([outbox.isFull, outbox.count]).toEqual([true, outboxEventsMax]);
  });

  test("counts data, as far as they are asked for", () => {
    const outbox = new Outbox();
    for (let zxid = 1; zxid <= 100; zxid++) outbox.pushEvent(event(zxid, dataBytesMax), plain, 1);
    expect(outbox.isHalfFull).toBe(false);
    for (let zxid = 101; !outbox.isFull; zxid++) outbox.pushEvent(event(zxid, dataBytesMax), full, 1);
    expect(outbox.count).toBe(100 + outboxBytesMax / dataBytesMax);
  });

  test("counts every watch that is told, since a stream may have a million of them on one path", () => {
    const outbox = new Outbox();
    let told = 0;
    for (let zxid = 1; !outbox.isFull; zxid++) {
      const one = event(zxid);
      for (let watchId = 0; watchId < 10_000; watchId++) outbox.pushEvent(one, plain, watchId);
      told += 10_000;
    }
    expect(told * 8).toBeLessThan(outboxBytesMax + 10_000 * 8);
  });

  test("is given back as messages are taken", () => {
    const outbox = new Outbox();
    while (!outbox.isFull) outbox.pushEvent(event(outbox.count + 1, 60_000), full, outbox.count);
    outbox.push({ kind: "bookmark", zxid: 9 });
    takeAll(outbox);
    expect([outbox.isEmpty, outbox.count, outbox.isHalfFull]).toEqual([true, 0, false]);
    while (!outbox.isFull) outbox.pushEvent(event(outbox.count + 1, dataBytesMax), full, 1);
    expect(outbox.count).toBe(outboxBytesMax / dataBytesMax);
  });
});

test("what was sent may end before what waits first: a watch that catches up, or could not, lags behind", () => {
  const outbox = new Outbox();
  expect(outbox.sentThrough).toBe(Number.POSITIVE_INFINITY);
  outbox.push({ kind: "added", watchId: 1, zxid: 0 });
  for (const zxid of [100, 5, 101]) outbox.pushEvent(event(zxid), plain, 1);
  expect(outbox.sentThrough).toBe(4);
  expect([outbox.endsWith(101), outbox.endsWith(5)]).toEqual([true, false]);
  outbox.push({ kind: "canceled", watchId: 2, refusal: undefined, toldZxid: 3 });
  expect(outbox.sentThrough).toBe(3);
  outbox.take();
  expect(outbox.sentThrough).toBe(Number.POSITIVE_INFINITY);
});
