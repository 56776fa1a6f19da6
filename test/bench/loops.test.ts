import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { closedLoop, openLoop } from "../../bench/load/loops.ts";
import { anything, FakeChannel } from "./fake-channel.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a closed loop", () => {
  test("keeps so many in flight, over all channels, for so many operations", async () => {
    const channels = [new FakeChannel(), new FakeChannel()];
    const load = closedLoop({ channels, inFlight: 6, operations: 20, requests: (n) => [anything, n] });
    while (channels.some(({ waiting }) => waiting.length > 0))
      for (const channel of channels) channel.answerAll();
    const { operations, failures } = await load;
    expect({ operations, failures }).toEqual({ operations: 20, failures: 0 });
    expect(channels.map(({ mostWaiting }) => mostWaiting)).toEqual([3, 3]);
  });

  test("goes on for a time, and ends when the last is answered", async () => {
    const channel = new FakeChannel();
    const load = closedLoop({ channels: [channel], inFlight: 1, seconds: 1, requests: (n) => [anything, n] });
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(300);
      channel.answerOne();
    }
    const { operations, seconds, latencies } = await load;
    expect({ operations, seconds }).toEqual({ operations: 4, seconds: 1.2 });
    expect(latencies.summary()).toEqual({ p50Ms: 300, p99Ms: 300, maxMs: 300 });
  });

  test("counts what is refused", async () => {
    const channel = new FakeChannel();
    const load = closedLoop({
      channels: [channel],
      inFlight: 1,
      operations: 2,
      requests: () => [anything, 0],
    });
    channel.answerOne(false);
    channel.answerOne();
    expect((await load).failures).toBe(1);
  });

  test("fails with its connection", async () => {
    const channel = new FakeChannel();
    const load = closedLoop({ channels: [channel], inFlight: 1, seconds: 1, requests: () => [anything, 0] });
    channel.failed(new Error("gone"));
    await expect(load).rejects.toThrow("gone");
  });
});

describe("an open loop", () => {
  const start = (channel: FakeChannel) =>
    openLoop({
      channels: [channel],
      perSecond: 1_000,
      seconds: 0.1,
      requests: (n) => [anything, n],
    });

  test("sends at its rate, whatever the server does", async () => {
    const channel = new FakeChannel();
    const load = start(channel);
    vi.advanceTimersByTime(50);
    expect(channel.waiting.length).toBe(51);
    vi.advanceTimersByTime(50);
    expect(channel.waiting.length).toBe(100);
    channel.answerAll();
    expect((await load).operations).toBe(100);
  });

  test("lets all that a stall held up feel it", async () => {
    const channel = new FakeChannel();
    const load = start(channel);
    // The server answers nothing for a tenth of a second, and then everything at once: a closed loop would have
    // sent one request, and found one that was slow.
    vi.advanceTimersByTime(100);
    channel.answerAll();
    expect((await load).latencies.summary()).toEqual({ p50Ms: 50, p99Ms: 99, maxMs: 100 });
  });

  test("counts from when a request was due, also when it left late", async () => {
    const channel = new FakeChannel();
    const load = start(channel);
    vi.advanceTimersByTime(99);
    // This process itself was held up: the last request leaves half a second too late.
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 500);
    vi.advanceTimersByTime(1);
    channel.answerAll();
    expect((await load).latencies.summary().maxMs).toBe(599);
  });
});
