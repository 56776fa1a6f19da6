import { Engine } from "../../src/engine/engine.ts";
import { packTransactions } from "../../src/journal/codec.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { CountingRandom, ManualClock } from "../../test/support/manual-clock.ts";
import { MemoryJournal } from "../../test/support/memory-journal.ts";

/** Figures by what they are of. All of it is counted, nothing timed. */
export type Figures = Record<string, number>;

/** An engine whose time stands still, with an empty tree; `commit` is given what the worker would get. */
export function startEngine(commit: (packed: Uint8Array) => void = () => {}): Promise<Engine> {
  const journal: Journal = {
    load: (sink) => new MemoryJournal().load(sink),
    async commit(batch) {
      commit(packTransactions(batch));
    },
    history: () => Promise.reject(new Error("nobody asks for the history")),
    care: async () => ({ isFull: false, freeBytes: Number.MAX_SAFE_INTEGER, more: false }),
    close: async () => {},
  };
  return Engine.start({
    journal,
    clock: new ManualClock(),
    random: new CountingRandom(),
    settings: {
      tickMs: 2_000,
      minSessionTimeoutMs: 4_000,
      maxSessionTimeoutMs: 40_000,
      watchBookmarkIntervalMs: 5_000,
      maxTransactionOperations: 1_000,
      enforceQuota: true,
      maxSessionsPerAddress: 0,
      maxSessionsPerIdentity: 0,
      maxWatchesPerAddress: 0,
      maxWatchesPerIdentity: 0,
      diskLowBytes: 0,
    },
    onFailure: (error) => {
      throw error;
    },
  });
}
