import fc from "fast-check";
import { expect } from "vitest";
import type { Transaction } from "../../src/core/change.ts";
import type { Operation } from "../../src/core/operation.ts";
import { type WatchDepth, type WatchKind, type WatchSpec, watchSpec } from "../../src/core/watch.ts";
import { Engine } from "../../src/engine/engine.ts";
import { settle, tickMs } from "../support/engine.ts";
import { CountingRandom, ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal } from "../support/memory-journal.ts";
import { ada, bob, openList, superUser } from "../support/naive-acl.ts";
import { WatchReference } from "../support/watch-reference.ts";
import { Reader, type Seen } from "./watch-reader.ts";

const path = fc.constantFrom("/", "/a", "/a", "/b", "/a/x", "/a/x", "/a/y", "/b/x", "/a/x/deep");
const kind = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<WatchKind>("data", "exists", "children") },
  { weight: 1, arbitrary: fc.constantFrom<WatchKind>("persistent", "persistentRecursive", "subtree") },
);
const spec = fc
  .record({
    kind,
    depth: fc.constantFrom<WatchDepth>(0, 1, "all"),
    data: fc.boolean(),
    previous: fc.boolean(),
  })
  .map(({ kind, depth, data, previous }) =>
    watchSpec(kind, kind === "subtree" ? depth : "all", {
      withData: data,
      withPreviousData: previous,
      asText: false,
    }),
  );
const data = fc.nat({ max: 999 }).map((n) => Buffer.from(String(n)));
const mode = fc.constantFrom("persistent", "ephemeral", "persistentSequential");
/** Who may read a node: everybody, ada or bob. */
const acl = fc.constantFrom(openList, [{ ...ada, permissions: 31 }], [{ ...bob, permissions: 31 }]);
const write = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant("create" as const), path, data, mode, acl }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("setAcl" as const), path, acl, aversion: fc.constant(-1) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant("set" as const), path, data, version: fc.constant(-1) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("delete" as const), path, version: fc.constant(-1) }) },
) as fc.Arbitrary<Operation>;
const reader = fc.nat({ max: 3 });

type Step =
  | { readonly write: Operation; readonly session: number }
  | { readonly burst: number }
  | { readonly openSession: true }
  | { readonly closeSession: number }
  | { readonly watch: { readonly path: string; readonly spec: WatchSpec; readonly back: number | undefined } }
  | { readonly cancel: true }
  | { readonly bookmark: true }
  | { readonly read: number }
  | { readonly pause: true }
  | { readonly resume: true }
  | { readonly reconnect: true }
  | { readonly advanceMs: number }
  | { readonly disk: "hold" | "release" | "full" | "unreadable" }
  | { readonly setWallMs: number }
  | { readonly stop: true }
  | { readonly forget: number }
  | { readonly crash: { readonly pendingStored: boolean } };

const ofReader = <T extends object>(shape: fc.Arbitrary<T>) => fc.tuple(reader, shape);

/** What happens next, and to which reader. */
export const watchStep: fc.Arbitrary<[number, Step]> = fc.oneof(
  { weight: 30, arbitrary: ofReader(fc.record({ write, session: fc.integer({ min: -1, max: 2 }) })) },
  { weight: 3, arbitrary: ofReader(fc.record({ burst: fc.integer({ min: 5, max: 40 }) })) },
  { weight: 2, arbitrary: ofReader(fc.constant({ openSession: true as const })) },
  { weight: 2, arbitrary: ofReader(fc.record({ closeSession: fc.nat({ max: 2 }) })) },
  {
    weight: 20,
    arbitrary: ofReader(
      fc.record({
        watch: fc.record({ path, spec, back: fc.option(fc.nat({ max: 30 }), { nil: undefined }) }),
      }),
    ),
  },
  { weight: 2, arbitrary: ofReader(fc.constant({ cancel: true as const })) },
  { weight: 2, arbitrary: ofReader(fc.constant({ bookmark: true as const })) },
  { weight: 8, arbitrary: ofReader(fc.record({ read: fc.integer({ min: 1, max: 4 }) })) },
  { weight: 4, arbitrary: ofReader(fc.constant({ pause: true as const })) },
  { weight: 3, arbitrary: ofReader(fc.constant({ resume: true as const })) },
  { weight: 5, arbitrary: ofReader(fc.constant({ reconnect: true as const })) },
  { weight: 4, arbitrary: ofReader(fc.record({ advanceMs: fc.integer({ min: 1, max: 6_000 }) })) },
  {
    weight: 5,
    arbitrary: ofReader(
      fc.record({ disk: fc.constantFrom("hold", "release", "release", "full", "unreadable") }),
    ),
  },
  { weight: 1, arbitrary: ofReader(fc.record({ setWallMs: fc.integer({ min: -1e9, max: 1e9 }) })) },
  { weight: 1, arbitrary: ofReader(fc.constant({ stop: true as const })) },
  { weight: 1, arbitrary: ofReader(fc.record({ forget: fc.nat({ max: 20 }) })) },
  { weight: 1, arbitrary: ofReader(fc.record({ crash: fc.record({ pendingStored: fc.boolean() }) })) },
) as fc.Arbitrary<[number, Step]>;

/** A server on a manual clock, its journal, and four readers with their watches. */
export class WatchWorld {
  readonly clock = new ManualClock();
  readonly reference = new WatchReference();
  readonly readers: Reader[];
  journal = new MemoryJournal();
  engine!: Engine;
  sessions: number[] = [];
  readonly #seen: Seen;
  #failure: unknown;

  static async start(seen: Seen): Promise<WatchWorld> {
    const world = new WatchWorld(seen);
    await world.#startEngine();
    for (const path of ["/a", "/a/x"]) {
      world.#submit({ op: "create", path, data: new Uint8Array(), mode: "persistent" }, -1);
    }
    for (const each of world.readers) each.connect(world.engine);
    return world;
  }

  private constructor(seen: Seen) {
    this.#seen = seen;
    const everybody = [[], [ada], [ada, bob], [superUser]];
    this.readers = everybody.map((identities) => new Reader(this.reference, identities, seen));
  }

  async take([index, step]: [number, Step]): Promise<void> {
    await this.#do(this.readers[index]!, step);
    await settle();
    // What it could not read, a server cannot tell: it ends, and its process with it.
    if (this.#failure !== undefined && this.#isUnreadable) await this.#crash(false);
    this.#check();
  }

  /** Everybody reads to the end, and must have been told everything up to the last change. */
  async finish(): Promise<void> {
    this.journal.failsHistory = false;
    this.journal.release();
    await settle();
    for (const each of this.readers) {
      each.read(Number.POSITIVE_INFINITY);
      each.resume();
    }
    await settle();
    this.#check();
    for (const each of this.readers) {
      if (!each.connected) each.connect(this.engine);
    }
    await settle();
    for (let turn = 0; this.engine.watches.catchingUp > 0 && turn < 100; turn++) await settle();
    for (const each of this.readers) each.askBookmark();
    await settle();
    this.#check();
    for (const each of this.readers) each.checkToldThrough(this.engine.tree.zxid);
    for (const each of this.readers) each.disconnect();
    await settle();
    expect([...this.engine.watches.counts.values()].every((count) => count === 0)).toBe(true);
    await this.engine.stop();
    expect(this.clock.pendingTimers).toBe(0);
  }

  async #do(each: Reader, step: Step): Promise<void> {
    if ("write" in step) this.#submit(step.write, step.session);
    else if ("burst" in step) for (let i = 0; i < step.burst; i++) this.#submit(burstOperation(i), -1);
    else if ("openSession" in step) this.#openSession();
    else if ("closeSession" in step) this.#closeSession(step.closeSession);
    else if ("watch" in step) each.watch(step.watch);
    else if ("cancel" in step) each.cancelOne();
    else if ("bookmark" in step) each.askBookmark();
    else if ("read" in step) each.read(step.read);
    else if ("pause" in step) each.pause();
    else if ("resume" in step) each.resume();
    else if ("reconnect" in step) this.#reconnect(each);
    else if ("advanceMs" in step) this.clock.advance(step.advanceMs);
    else if ("disk" in step) this.#disk(step.disk);
    else if ("forget" in step) this.#forget(step.forget);
    else if ("setWallMs" in step) this.clock.setWall(this.clock.wallMs() + step.setWallMs);
    else if ("stop" in step) await this.#stop();
    else await this.#crash(step.crash.pendingStored);
  }

  #submit(operation: Operation, index: number): void {
    const sessionId = this.sessions[index];
    void this.engine.submit(operation, { identities: [superUser], ...(sessionId && { sessionId }) });
  }

  #openSession(): void {
    this.engine.openSession(20 * tickMs).then(
      ({ session }) => this.sessions.push(session.id),
      () => {},
    );
  }

  #closeSession(index: number): void {
    const session = this.engine.tree.session(this.sessions[index] ?? 0);
    if (session !== undefined) this.engine.closeSession(session).catch(() => {});
  }

  #reconnect(each: Reader): void {
    each.disconnect();
    each.connect(this.engine);
    this.#seen.resumed++;
  }

  #disk(what: "hold" | "release" | "full" | "unreadable"): void {
    if (what === "hold") this.journal.hold();
    else if (what === "release") this.journal.release();
    else if (what === "full") this.journal.failNext("full");
    else this.journal.failsHistory = true;
  }

  get #isUnreadable(): boolean {
    return this.#failure instanceof Error && this.#failure.message.startsWith("injected: the history");
  }

  /** Retention prunes the past, but for the last few changes. */
  #forget(kept: number): void {
    this.journal.store.compact(Math.max(this.journal.store.compactedZxid, this.engine.tree.zxid - kept));
  }

  /** An orderly one: nothing that was asked for is left undone. */
  async #stop(): Promise<void> {
    this.journal.release();
    await this.engine.stop();
    await this.#crash(false);
  }

  async #crash(pendingStored: boolean): Promise<void> {
    this.#seen.restarts++;
    if (this.#isUnreadable) {
      this.#seen.unreadable++;
      this.#failure = undefined;
    }
    this.journal = this.journal.crash({ pendingStored });
    void this.engine.stop();
    for (const each of this.readers) each.disconnect();
    await this.#startEngine();
    for (const each of this.readers) each.connect(this.engine);
  }

  async #startEngine(): Promise<void> {
    const { journal } = this;
    journal.historyPageMax = 7;
    this.#follow(journal.store.history);
    this.engine = await Engine.start({
      journal,
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
      onFailure: (error) => this.#failed(journal, error),
    });
  }

  /** A server that was killed may find that out. */
  #failed(journal: MemoryJournal, error: unknown): void {
    if (journal === this.journal) this.#failure ??= error;
  }

  /** The reference sees what the journal has stored, and no more. */
  #follow(history: readonly Transaction[]): void {
    for (const transaction of history) {
      if (transaction.zxid > this.reference.lastZxid) this.reference.take(transaction);
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#follow(this.journal.store.history);
    for (const each of this.readers) each.check();
  }
}

function burstOperation(i: number): Operation {
  if (i % 3 === 0) {
    return { op: "create", path: "/a/n-", data: Buffer.from(`burst ${i}`), mode: "persistentSequential" };
  }
  return { op: "set", path: i % 2 === 0 ? "/a" : "/a/x", data: Buffer.from(`burst ${i}`), version: -1 };
}
