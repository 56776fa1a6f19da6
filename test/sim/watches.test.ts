// Random histories under watches of every kind, with slow readers, readers that reconnect, servers that die, slow
// disks and a history that is forgotten; limits are small, so that every one of them is reached. What each watch was
// told is held against the order of all transactions: the nine guarantees that etcd's robustness tests check
// (filter, order, uniqueness, atomicity, bookmarks, resumption, creations, reliability, previous data).
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { campaign, simulationRuns } from "../support/campaign.ts";
import { WatchWorld, watchStep } from "./watch-world.ts";

vi.mock("../../src/limits.ts", async (original) => ({
  ...(await original<object>()),
  outboxEventsMax: 12,
  outboxBytesMax: 6_000,
  firedSliceMax: 12,
  watchMessageBytes: 1_000,
  replaySliceTransactions: 3,
  replaySliceWatches: 2,
  replaysMax: 2,
  watchDropSlice: 2,
  flushSliceStreams: 2,
}));

const runs = simulationRuns(200);

test(
  "watches are told everything they ask for, once, in order, whatever happens to them",
  async () => {
    const seen = {
      events: 0,
      tooSlow: 0,
      compacted: 0,
      restarts: 0,
      resumed: 0,
      bookmarks: 0,
      hidden: 0,
      unreadable: 0,
    };
    await campaign(
      fc.asyncProperty(fc.array(watchStep, { minLength: 20, maxLength: 150, size: "max" }), async (steps) => {
        const world = await WatchWorld.start(seen);
        for (const step of steps) await world.take(step);
        await world.finish();
      }),
      runs,
    );
    // A run in which nothing happened proves nothing.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  },
  60_000 + 200 * runs,
);
