// A whole engine on a manual clock and a journal that is slow, full, broken or killed, all from one seed: what was
// acknowledged stays, nothing is seen that can be lost, and the state is sound at every step.
import fc from "fast-check";
import { expect, test } from "vitest";
import { brokenInvariants } from "../../src/core/invariants.ts";
import {
  anonymous,
  type Caller,
  type Operation,
  type Outcome,
  type TransactOperation,
} from "../../src/core/operation.ts";
import { Engine } from "../../src/engine/engine.ts";
import { campaign, simulationRuns } from "../support/campaign.ts";
import { settle, tickMs } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { quotaOperation } from "../support/random-operations.ts";
import { HeldSessions } from "./held-sessions.ts";

type Step =
  | { readonly write: Operation; readonly session: number; readonly retry: number | undefined }
  | { readonly open: true }
  | { readonly close: number }
  | { readonly attach: number; readonly timeoutMs: number }
  | { readonly beat: number }
  | { readonly detach: number }
  | { readonly oust: number }
  | { readonly scan: string }
  | { readonly scanOn: true }
  | { readonly setWallMs: number }
  | { readonly stop: true }
  | { readonly advanceMs: number }
  | { readonly stallMs: number }
  | { readonly disk: "hold" | "release" | "full" | "unknownStored" | "unknownLost" }
  | { readonly crash: { readonly pendingStored: boolean } };

const path = fc.constantFrom("/a", "/b", "/a/x", "/a/y", "/b/x");
const mode = fc.constantFrom(
  "persistent",
  "ephemeral",
  "persistentSequential",
  "ephemeralSequential",
  "container",
);
const data = fc.constant(new Uint8Array(3));
const write: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constant("create" as const), path, data, mode }) as fc.Arbitrary<Operation>,
  fc.record({ op: fc.constant("delete" as const), path, version: fc.constant(-1), recursive: fc.boolean() }),
  fc.record({
    op: fc.constant("create" as const),
    path,
    data,
    mode: fc.constant("ephemeral" as const),
    ifExists: fc.constant("takeOver" as const),
  }),
  quotaOperation,
  fc.record({ op: fc.constant("set" as const), path, data, version: fc.constant(-1) }),
  fc.record({
    op: fc.constant("create" as const),
    path,
    data,
    mode: fc.constant("persistentWithTtl" as const),
    ttlMs: fc.integer({ min: 1, max: 10_000 }),
  }),
);
const transaction: fc.Arbitrary<Operation> = fc.record({
  op: fc.constant("transact" as const),
  conditions: fc.array(fc.record({ path, test: fc.constant("exists" as const), expected: fc.boolean() }), {
    maxLength: 1,
  }),
  operations: fc.array(write, { maxLength: 4 }) as fc.Arbitrary<TransactOperation[]>,
  elseOperations: fc.constant([{ op: "list" as const, path: "/", after: "", countMax: 9, withStats: false }]),
});
const index = fc.nat({ max: 3 });
const session = fc.integer({ min: -1, max: 3 });
/** Which of the marked writes it is: the first with a number decides what they all ask for. */
const retry = fc.constantFrom(undefined, undefined, undefined, 0, 1, 2, 3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ write, session, retry }) },
  { weight: 3, arbitrary: fc.record({ write: transaction, session, retry }) },
  { weight: 2, arbitrary: fc.constant({ open: true as const }) },
  { weight: 1, arbitrary: fc.record({ close: index }) },
  { weight: 3, arbitrary: fc.record({ attach: index, timeoutMs: fc.constantFrom(0, 0, 5_000, 30_000) }) },
  { weight: 3, arbitrary: fc.record({ beat: index }) },
  { weight: 1, arbitrary: fc.record({ detach: index }) },
  { weight: 2, arbitrary: fc.record({ oust: index }) },
  { weight: 1, arbitrary: fc.record({ scan: fc.constantFrom("/", "/a") }) },
  { weight: 1, arbitrary: fc.constant({ scanOn: true as const }) },
  { weight: 1, arbitrary: fc.record({ setWallMs: fc.integer({ min: -1e9, max: 1e9 }) }) },
  { weight: 1, arbitrary: fc.constant({ stop: true as const }) },
  { weight: 3, arbitrary: fc.record({ advanceMs: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ stallMs: fc.integer({ min: 1, max: 60_000 }) }) },
  { weight: 4, arbitrary: fc.record({ disk: fc.constantFrom("hold" as const, "release" as const) }) },
  { weight: 1, arbitrary: fc.record({ disk: fc.constantFrom("full", "unknownStored", "unknownLost") }) },
  { weight: 1, arbitrary: fc.record({ crash: fc.record({ pendingStored: fc.boolean() }) }) },
) as fc.Arbitrary<Step>;

class World extends HeldSessions {
  readonly clock = new ManualClock();
  journal = new MemoryJournal();
  failed = false;
  /** The zxids that were acknowledged to somebody. */
  readonly acknowledged = new Set<number>();
  /** Writes that are to be done once, and what was told of them. */
  readonly marked: Operation[] = [];
  readonly answers = new Map<string, Outcome>();
  /** Which server is running: what an earlier one never answered stays unanswered. */
  life = 0;

  async start(): Promise<void> {
    this.failed = false;
    this.life++;
    this.forgetHolds();
    this.engine = await Engine.start({
      journal: this.journal,
      clock: this.clock,
      random: new CountingRandom(),
      settings: {
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
      },
      onFailure: () => {
        this.failed = true;
      },
    });
    // Invariant 1, and 3: nothing acknowledged is missing, and no zxid is given again.
    expect(this.engine.tree.zxid).toBeGreaterThanOrEqual(Math.max(0, ...this.acknowledged));
    this.check();
  }

  async take(taken: Step): Promise<void> {
    if ("write" in taken) this.submit(taken.write, taken.session, taken.retry);
    else if ("open" in taken) this.open();
    else if ("advanceMs" in taken) this.clock.advance(taken.advanceMs);
    else if ("stallMs" in taken) this.clock.stall(taken.stallMs);
    else if ("disk" in taken) this.disk(taken.disk);
    else if ("close" in taken) this.close(taken.close);
    else if ("attach" in taken) this.attach(taken.attach, taken.timeoutMs);
    else if ("beat" in taken) this.beat(taken.beat);
    else if ("detach" in taken) this.detach(taken.detach);
    else if ("oust" in taken) this.oust(taken.oust);
    else if ("scan" in taken) this.startScan(taken.scan);
    else if ("scanOn" in taken) this.readScan();
    else if ("setWallMs" in taken) this.clock.setWall(this.clock.wallMs() + taken.setWallMs);
    else if ("stop" in taken) await this.stop();
    else await this.crash(taken.crash.pendingStored);
    await settle();
    if (this.failed) await this.crash(false);
    this.check();
  }

  submit(operation: Operation, index: number, retry: number | undefined): void {
    const sessionId = this.sessions[index];
    const caller: Caller = sessionId === undefined ? anonymous : { sessionId };
    const life = this.life;
    if (retry === undefined) {
      void this.engine.submit(operation, caller).then((outcome) => this.told(outcome, life));
      return;
    }
    const key = `request ${retry}`;
    this.marked[retry] ??= operation;
    const request = { key, fingerprint: "" };
    void this.engine
      .submit(this.marked[retry], { ...caller, request })
      .then((outcome) => this.toldOnce(outcome, life, key));
  }

  /** Once only, whatever happens between a write and its retry. What changed nothing may be told anew. */
  toldOnce(outcome: Outcome, life: number, key: string): void {
    if (!outcome.ok || changedNothing(outcome)) return;
    const before = this.answers.get(key);
    if (before === undefined) this.told(outcome, life);
    else expect(outcome).toEqual(before);
    this.answers.set(key, outcome);
  }

  told(outcome: Outcome, life: number): void {
    if (!outcome.ok) return;
    expect(life).toBe(this.life);
    // Invariant 2: who is told can read it, and the journal has it.
    expect(this.engine.tree.zxid).toBeGreaterThanOrEqual(outcome.zxid);
    // What changed nothing has the zxid of what it saw.
    if (changedNothing(outcome)) return;
    expect(this.acknowledged.has(outcome.zxid)).toBe(false);
    this.acknowledged.add(outcome.zxid);
  }

  open(): void {
    const life = this.life;
    this.engine.openSession(0, "owner").then(
      ({ zxid, session }) => {
        this.told({ ok: true, zxid }, life);
        this.sessions.push(session.id);
      },
      () => {},
    );
  }

  disk(what: Extract<Step, { disk: unknown }>["disk"]): void {
    if (what === "hold") this.journal.hold();
    else if (what === "release") this.journal.release();
    else this.journal.failNext(what);
  }

  /** An orderly stop takes no session and no node away, whatever waits for the disk. */
  async stop(): Promise<void> {
    this.journal.release();
    await this.engine.stop();
    await this.crash(false);
  }

  /** The disk is well again: an operator can end any session, and those that nobody holds end by themselves. */
  async finish(): Promise<void> {
    this.journal.release();
    await settle();
    await this.crash(false);
    const [first] = this.engine.tree.sessions();
    if (first !== undefined) await this.engine.expireSession(first.id, {});
    for (let turn = 0; turn < 25; turn++) {
      this.clock.advance(tickMs);
      await settle();
    }
    expect([...this.engine.tree.sessions()]).toEqual([]);
    this.check();
  }

  async crash(pendingStored: boolean): Promise<void> {
    const journal = this.journal.crash({ pendingStored });
    // The dead server's timers die with it.
    void this.engine.stop();
    this.journal = journal;
    await this.start();
  }

  check(): void {
    expect(this.lies).toEqual([]);
    expect(brokenInvariants(this.engine.tree)).toEqual([]);
    expect(this.engine.tree.zxid).toBeLessThanOrEqual(this.journal.store.lastZxid);
  }
}

function changedNothing(outcome: Outcome): boolean {
  return outcome.ok && (outcome.transacted?.results.every(({ op }) => op === "list") ?? false);
}

const runs = simulationRuns(150);

test(
  "an engine keeps its promises whatever its disk, its clock and its death do",
  async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 80 });
    await campaign(
      fc.asyncProperty(steps, async (all) => {
        const world = new World();
        await world.start();
        for (const taken of all) await world.take(taken);
        await world.finish();
      }),
      runs,
    );
  },
  120_000 + 200 * runs,
);
