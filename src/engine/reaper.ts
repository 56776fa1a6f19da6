import type { Clock } from "../clock.ts";
import type { Transaction } from "../core/change.ts";
import { forever, type NodeRecord, staysForMs } from "../core/node.ts";
import { anonymous, type Caller, type Operation, type Outcome } from "../core/operation.ts";
import { parentOf } from "../core/path.ts";
import type { Tree } from "../core/tree.ts";
import { reapSliceNodes } from "../limits.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import type { CommitObserver } from "./group-commit.ts";
import type { Timeline } from "./timeline.ts";

/** Turns a tick into this many turns, so that a node is gone well within one tick of its time. */
const turnsPerTick = 4;

/** A node that is to go at some time, unless something happens to it before. */
interface Mortal {
  readonly path: string;
  readonly deadlineMs: number;
}

/**
 * When containers and nodes with a TTL go: it knows from when on each is to be reaped, and submits that like any
 * other write. Whether it still is, is decided in the core.
 */
export class Reaper implements CommitObserver {
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #submit: (operation: Operation, caller: Caller) => Promise<Outcome>;
  readonly #intervalMs: number;
  readonly #queue: ExpiryQueue<Mortal>;
  readonly #mortals = new Map<string, Mortal>();
  readonly #stopTimer: () => void;
  #lastTurnMs: number;
  /** For one turn. */
  #waits = false;
  #running = false;
  #stopped = false;

  /** @param options.mortals the paths of the nodes in the tree that do not live for ever. */
  constructor(options: {
    readonly tree: Tree;
    readonly mortals: readonly string[];
    readonly clock: Clock;
    readonly timeline: Timeline;
    readonly tickMs: number;
    readonly submit: (operation: Operation, caller: Caller) => Promise<Outcome>;
  }) {
    const { tree, clock, tickMs } = options;
    this.#tree = tree;
    this.#clock = clock;
    this.#timeline = options.timeline;
    this.#submit = options.submit;
    this.#intervalMs = tickMs / turnsPerTick;
    this.#queue = new ExpiryQueue(this.#intervalMs, this.#timeline.livedMs());
    this.#lastTurnMs = clock.monotonicMs();
    // Whoever sets data in time could not while the server was down: they have a moment to do it now.
    const notBeforeMs = this.#timeline.livedMs() + tickMs / 2;
    for (const path of options.mortals) this.#file(path, tree.node(path)!, notBeforeMs);
    this.#stopTimer = clock.setInterval(() => this.#turn(), this.#intervalMs);
  }

  /** No node is reaped any more. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }

  applied({ changes }: Transaction): void {
    for (const change of changes) {
      if (!("node" in change)) continue;
      if (change.kind === "nodeDeleted") this.#forget(change.path);
      else this.#file(change.path, change.node);
      if (!("parent" in change) || change.parent.lifetimeMs === forever) continue;
      this.#file(parentOf(change.path), change.parent);
    }
  }

  #file(path: string, node: NodeRecord, notBeforeMs = 0): void {
    if (node.lifetimeMs === forever) return;
    this.#forget(path);
    const staysMs = staysForMs(node);
    if (staysMs === undefined) return;
    const setMs = this.#timeline.livedMsAt({ zxid: node.mzxid, timeMs: node.mtimeMs });
    const mortal = { path, deadlineMs: Math.max(setMs + staysMs + 1, notBeforeMs) };
    this.#mortals.set(path, mortal);
    this.#queue.put(mortal);
  }

  #forget(path: string): void {
    const mortal = this.#mortals.get(path);
    if (mortal === undefined) return;
    this.#mortals.delete(path);
    this.#queue.remove(mortal);
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs();
    // After a stall, what waits in the sockets is read first: it may set the data of a node that is due. It has been
    // read by the next turn, be that late again or not.
    const stalled = nowMs - this.#lastTurnMs > 2 * this.#intervalMs;
    this.#lastTurnMs = nowMs;
    this.#waits = stalled && !this.#waits;
    if (!this.#waits && !this.#running) void this.#reapDue();
  }

  /** A few at a time, because thousands may be due at once, and everybody else's calls go on. */
  async #reapDue(): Promise<void> {
    this.#running = true;
    for (let due = this.#takeDue(); due.length > 0 && !this.#stopped; due = this.#takeDue()) {
      await Promise.all(due.map((mortal) => this.#reap(mortal)));
    }
    this.#running = false;
  }

  #takeDue(): Mortal[] {
    return this.#queue.takeDue(this.#timeline.livedMs(), reapSliceNodes);
  }

  /** A node that is still there, because it was saved or the disk is full, is looked at again next turn. */
  async #reap(mortal: Mortal): Promise<void> {
    const { path } = mortal;
    await this.#submit({ op: "reap", path }, anonymous);
    if (this.#mortals.get(path) !== mortal) return;
    this.#file(path, this.#tree.node(path)!, this.#timeline.livedMs() + this.#intervalMs);
  }
}
