import { onTestFinished } from "vitest";
import { brokenInvariants } from "../../src/core/invariants.ts";
import { anonymous, type Caller, type CreateMode, type Outcome } from "../../src/core/operation.ts";
import { Engine, type EngineOptions, type EngineSettings } from "../../src/engine/engine.ts";
import { CountingRandom, ManualClock } from "./manual-clock.ts";
import { MemoryJournal } from "./memory-journal.ts";

export const tickMs = 2_000;

export const engineSettings: EngineSettings = {
  tickMs,
  minSessionTimeoutMs: 2 * tickMs,
  maxSessionTimeoutMs: 20 * tickMs,
  watchBookmarkIntervalMs: 5_000,
  maxTransactionOperations: 1_000,
  enforceQuota: true,
  maxSessionsPerAddress: 0,
  maxSessionsPerIdentity: 0,
  maxWatchesPerAddress: 0,
  maxWatchesPerIdentity: 0,
  diskLowBytes: 0,
};

/** An engine on a clock and a journal that the test holds in its hands; checked for soundness at the end. */
export class TestEngine {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly journal: MemoryJournal;
  readonly failures: unknown[];

  static async start(
    journal: MemoryJournal = new MemoryJournal(),
    clock: ManualClock = new ManualClock(),
    options: Omit<Partial<EngineOptions>, "settings"> & { readonly settings?: Partial<EngineSettings> } = {},
  ): Promise<TestEngine> {
    const failures: unknown[] = [];
    const engine = await Engine.start({
      ...options,
      journal,
      clock,
      random: new CountingRandom(),
      settings: {
        ...engineSettings,
        ...options.settings,
      },
      onFailure: (error) => failures.push(error),
    });
    const started = new TestEngine(engine, clock, journal, failures);
    onTestFinished(() => started.check());
    return started;
  }

  private constructor(engine: Engine, clock: ManualClock, journal: MemoryJournal, failures: unknown[]) {
    this.engine = engine;
    this.clock = clock;
    this.journal = journal;
    this.failures = failures;
  }

  create(path: string, caller: Caller = anonymous, mode: CreateMode = "persistent"): Promise<Outcome> {
    return this.engine.submit({ op: "create", path, data: new Uint8Array(), mode }, caller);
  }

  set(path: string, text = "", caller: Caller = anonymous): Promise<Outcome> {
    return this.engine.submit({ op: "set", path, data: Buffer.from(text), version: -1 }, caller);
  }

  delete(path: string, caller: Caller = anonymous): Promise<Outcome> {
    return this.engine.submit({ op: "delete", path, version: -1 }, caller);
  }

  exists(path: string): boolean {
    return this.engine.tree.node(path) !== undefined;
  }

  check(): void {
    const broken = brokenInvariants(this.engine.tree);
    if (broken.length > 0) throw new Error(broken.join("\n"));
  }
}

/** "ok", or the reason of the refusal. */
export async function verdictOf(outcome: Outcome | Promise<Outcome>): Promise<string> {
  const settled = await outcome;
  return settled.ok ? "ok" : settled.refusal.reason;
}

/** Lets everything that needs neither disk nor clock happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
