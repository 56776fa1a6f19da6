import type { Channel } from "./channel.ts";
import { Latencies } from "./latencies.ts";
import type { Template } from "./template.ts";

/** What a stretch of load came to. */
export interface LoadResult {
  readonly operations: number;
  readonly failures: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly latencies: Latencies;
}

/** Which request comes next: the n-th of this load. */
export type Requests = (n: number) => readonly [Template, number];

/**
 * `inFlight` requests at any time, over all channels: a new one goes out as soon as one is answered, for so long or
 * for so many.
 */
export function closedLoop(options: {
  readonly channels: readonly Channel[];
  readonly inFlight: number;
  readonly seconds?: number;
  readonly operations?: number;
  readonly requests: Requests;
}): Promise<LoadResult> {
  const { channels, inFlight, requests } = options;
  const { seconds = Number.POSITIVE_INFINITY, operations = Number.POSITIVE_INFINITY } = options;
  const latencies = new Latencies();
  const sentMs = new Float64Array(inFlight);
  const startMs = performance.now();
  const untilMs = startMs + seconds * 1_000;
  let sent = 0;
  let failures = 0;
  return new Promise((resolve, reject) => {
    const send = (channel: Channel, slot: number, atMs: number) => {
      sentMs[slot] = atMs;
      channel.send(...requests(sent++), slot);
    };
    for (const channel of channels) {
      channel.failed = reject;
      channel.answered = (slot, ok) => {
        const atMs = performance.now();
        latencies.add(atMs - sentMs[slot]!);
        if (!ok) failures++;
        if (atMs < untilMs && sent < operations) return send(channel, slot, atMs);
        if (latencies.count === sent)
          resolve({ operations: sent, failures, seconds: (atMs - startMs) / 1_000, latencies });
      };
    }
    for (let slot = 0; slot < Math.min(inFlight, operations); slot++)
      send(channels[slot % channels.length]!, slot, startMs);
    for (const channel of channels) channel.flush();
  });
}

/**
 * Requests at a fixed rate, whatever the server does. The latency of each counts from when it should have gone
 * out, so that a stall is felt by all that it held up and not by one alone.
 */
export function openLoop(options: {
  readonly channels: readonly Channel[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly requests: Requests;
}): Promise<LoadResult> {
  const { channels, perSecond, requests } = options;
  const latencies = new Latencies();
  const total = Math.round(options.seconds * perSecond);
  const startMs = performance.now();
  const dueMs = (n: number) => startMs + (n * 1_000) / perSecond;
  let sent = 0;
  let failures = 0;
  return new Promise((resolve, reject) => {
    for (const channel of channels) {
      channel.failed = reject;
      channel.answered = (n, ok) => {
        const atMs = performance.now();
        latencies.add(atMs - dueMs(n));
        if (!ok) failures++;
        if (latencies.count === total)
          resolve({ operations: total, failures, seconds: (atMs - startMs) / 1_000, latencies });
      };
    }
    const turn = () => {
      const atMs = performance.now();
      for (; sent < total && dueMs(sent) <= atMs; sent++)
        channels[sent % channels.length]!.send(...requests(sent), sent);
      for (const channel of channels) channel.flush();
      if (sent === total) return;
      // Leaves up to a millisecond late, which counts as latency; turning without a pause would take a core away.
      setTimeout(turn, 1);
    };
    turn();
  });
}
