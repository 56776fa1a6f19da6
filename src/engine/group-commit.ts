import type { Clock } from "../clock.ts";
import type { Acl } from "../core/acl.ts";
import { apply } from "../core/apply.ts";
import type { Change, Transaction } from "../core/change.ts";
import { statOf } from "../core/node.ts";
import type { Caller, Done, Operation, Outcome } from "../core/operation.ts";
import { prepare } from "../core/prepare/prepare.ts";
import type { Accepted, OperationLimits } from "../core/prepare/prepared.ts";
import type { Refusal } from "../core/refusal.ts";
import { Staging } from "../core/staging.ts";
import type { Tree } from "../core/tree.ts";
import { type Journal, JournalFull } from "../journal/journal.ts";
import { batchBytesMax, batchChangesMax, pendingBytesMax, pendingWritesMax, zxidMax } from "../limits.ts";
import { type DiskCare, diskFull } from "./disk-care.ts";
import { WriteFigures } from "./figures.ts";
import type { Timeline } from "./timeline.ts";

/** Told of what becomes visible, before anybody is answered. */
export interface CommitObserver {
  /** The visible tree is about to show this transaction. */
  applying?(transaction: Transaction): void;
  /**
   * The visible tree now shows this transaction, and none after it. As long as the promise, if there is one, has not
   * resolved, nothing else becomes visible, and the next observers are not told.
   */
  applied?(transaction: Transaction, caller: Caller): Promise<void> | void;
  /** All of a batch has been applied; the answers follow, once the promise, if there is one, has resolved. */
  published?(): Promise<void> | undefined;
}

type Telling<Name extends keyof CommitObserver> = Required<Pick<CommitObserver, Name>>;

/** Those that want to be told of this: with every transaction, there is no time to ask all of them. */
function telling<Name extends keyof CommitObserver>(
  name: Name,
  observers: readonly CommitObserver[],
): readonly Telling<Name>[] {
  return observers.filter((observer): observer is CommitObserver & Telling<Name> => name in observer);
}

/**
 * The one ordered writer. An operation is decided against the staged state at once; the journal commits
 * whatever was staged while it was busy, as one batch with one fsync; then the batch becomes visible and is
 * answered, in order. Refusals queue too: one that was decided on a change that is not durable yet must not
 * be told before that change is.
 */
export class GroupCommit {
  readonly #journal: Journal;
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #applying: readonly Telling<"applying">[];
  readonly #applied: readonly Telling<"applied">[];
  readonly #published: readonly Telling<"published">[];
  readonly #onFailure: (error: unknown) => void;
  readonly #limits: OperationLimits;
  readonly #disk: Pick<DiskCare, "refusal" | "foundFull">;
  readonly #staging: Staging;
  readonly #queue: Entry[] = [];
  readonly figures = new WriteFigures();
  #zxid: number;
  #running = false;
  /** Why nothing is accepted any more, once that is so. */
  #closed: Refusal | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(options: {
    readonly journal: Journal;
    readonly tree: Tree;
    readonly clock: Clock;
    readonly timeline: Timeline;
    readonly limits: OperationLimits;
    /** Told in this order. */
    readonly observers: readonly CommitObserver[];
    /** The journal failed with an unknown outcome; nothing will be accepted from now on. */
    readonly onFailure: (error: unknown) => void;
    readonly disk: Pick<DiskCare, "refusal" | "foundFull">;
  }) {
    this.#journal = options.journal;
    this.#tree = options.tree;
    this.#clock = options.clock;
    this.#timeline = options.timeline;
    this.#applying = telling("applying", options.observers);
    this.#applied = telling("applied", options.observers);
    this.#published = telling("published", options.observers);
    this.#onFailure = options.onFailure;
    this.#limits = options.limits;
    this.#disk = options.disk;
    this.#staging = new Staging(options.tree);
    this.#staging.takeInRequests();
    this.#zxid = options.tree.zxid;
  }

  /** Calls `answered`, which must not throw, once the operation is durable and visible, or refused. */
  submit(operation: Operation, caller: Caller, answered: (outcome: Outcome) => void): void {
    const refusal = this.#closed ?? this.#overload() ?? this.#disk.refusal(operation);
    if (refusal !== undefined) {
      this.#answerAtOnce({ ok: false, refusal }, answered);
      return;
    }
    const { transaction, outcome } = this.#decide(operation, caller);
    if (transaction === undefined && !this.#running) {
      this.#answerAtOnce(outcome, answered);
      return;
    }
    const bytes = sizeOf(transaction) + answerBytesOf(outcome);
    this.#queue.push({ transaction, caller, outcome, bytes, answered });
    this.figures.waiting++;
    this.figures.waitingBytes += bytes;
    this.#start();
  }

  /** Accepts nothing more; resolves when everything accepted has been answered. */
  async close(refusal: Refusal): Promise<void> {
    this.#closed ??= refusal;
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #overload(): Refusal | undefined {
    if (this.figures.waiting >= pendingWritesMax) return overloaded("writes", pendingWritesMax);
    if (this.figures.waitingBytes >= pendingBytesMax) return overloaded("bytes of writes", pendingBytesMax);
    return undefined;
  }

  #decide(operation: Operation, caller: Caller): Pick<Entry, "transaction" | "outcome"> {
    const zxid = this.#zxid + 1;
    const stamp = { zxid, timeMs: this.#timeline.stampMs(zxid) };
    const prepared = prepare(operation, caller, this.#staging, stamp, this.#limits, this.#timeline.jumps);
    if (!prepared.ok) return { transaction: undefined, outcome: prepared };
    const { changes } = prepared;
    if (changes.length === 0) return { transaction: undefined, outcome: this.#done(this.#zxid, prepared) };
    if (zxid > zxidMax) throw new Error("the zxids are used up");
    const transaction = { ...stamp, changes };
    this.#zxid = zxid;
    this.#staging.begin(zxid);
    apply(transaction, this.#staging);
    return { transaction, outcome: this.#done(zxid, prepared) };
  }

  /** What the caller is told, of the staged state. */
  #done(zxid: number, { ok, changes: _, answered, ...answer }: Accepted): Done {
    if (answered !== undefined) return answered;
    const { path } = answer;
    if (path === undefined) return { ok, zxid, ...answer };
    return { ok, zxid, ...answer, stat: statOf(this.#staging.node(path)!) };
  }

  /** Waits for the end of this turn of the event loop, so that all requests read in it share the first fsync. */
  #start(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    let committing = this.#commitNext();
    while (committing !== undefined) {
      const batch: Entry[] = await committing;
      // The disk has the next batch while this one becomes visible and is answered.
      const next = this.#commitNext();
      const sending = this.#publish(batch);
      // Rarely, and then only: whoever is answered may submit again, and should find this turn at its end.
      if (sending !== undefined) await sending;
      for (const entry of batch) this.#answer(entry, entry.outcome);
      committing = next ?? this.#commitNext();
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** What waits, once it is durable; undefined when nothing does. */
  #commitNext(): Promise<Entry[]> | undefined {
    return this.#queue.length === 0 ? undefined : this.#commit(this.#takeBatch());
  }

  /** Never rejects: a batch that failed is answered here, and nothing is left of it. */
  async #commit(batch: Entry[]): Promise<Entry[]> {
    const transactions = batch.flatMap((entry) => entry.transaction ?? []);
    try {
      if (transactions.length > 0) await this.#store(transactions);
      return batch;
    } catch (error) {
      this.#fail(error, batch);
      return [];
    }
  }

  async #store(transactions: readonly Transaction[]): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    await this.#journal.commit(transactions);
    const { commitSeconds, commitChanges } = this.figures;
    commitSeconds.observe((this.#clock.monotonicMs() - startedMs) / 1_000);
    commitChanges.observe(transactions.reduce((count, { changes }) => count + changes.length, 0));
  }

  #takeBatch(): Entry[] {
    let count = 0;
    for (let changes = 0, bytes = 0; count < this.#queue.length; count++) {
      if (changes >= batchChangesMax || bytes >= batchBytesMax) break;
      const entry = this.#queue[count]!;
      changes += entry.transaction?.changes.length ?? 1;
      bytes += entry.bytes;
    }
    return this.#queue.splice(0, count);
  }

  /** Makes a batch visible, from this entry on. Answers what the answers have to wait for, if there is something. */
  #publish(batch: readonly Entry[], from = 0): Promise<unknown> | undefined {
    for (let i = from; i < batch.length; i++) {
      const { transaction, caller } = batch[i]!;
      if (transaction === undefined) continue;
      for (const observer of this.#applying) observer.applying(transaction);
      apply(transaction, this.#tree);
      this.#tree.zxid = transaction.zxid;
      const telling = this.#tell(transaction, caller);
      if (telling !== undefined) return telling.then(() => this.#publish(batch, i + 1));
    }
    this.#staging.settle(this.#tree.zxid);
    const unfinished = this.#published.flatMap((observer) => observer.published() ?? []);
    return unfinished.length === 0 ? undefined : Promise.all(unfinished);
  }

  /** Tells the observers, from this one on, of a transaction that has become visible. */
  #tell(transaction: Transaction, caller: Caller, from = 0): Promise<void> | undefined {
    for (let i = from; i < this.#applied.length; i++) {
      const telling = this.#applied[i]!.applied(transaction, caller);
      if (telling) return telling.then(() => this.#tell(transaction, caller, i + 1));
    }
    return undefined;
  }

  /**
   * What was staged, in the failed batch and behind it, will not happen: the rest was decided on it. After a
   * full disk the writer goes on from the visible state; after anything else nobody knows what is stored.
   */
  #fail(error: unknown, batch: readonly Entry[]): void {
    const full = error instanceof JournalFull;
    const refusal = full ? diskFull : outcomeUnknown;
    if (!full) this.#closed = outcomeUnknown;
    const failed = [...batch, ...this.#queue.splice(0)];
    this.#staging.clear();
    this.#zxid = this.#tree.zxid;
    this.#timeline.rewind(this.#zxid);
    for (const entry of failed) this.#answer(entry, { ok: false, refusal });
    if (full) this.#disk.foundFull();
    else this.#onFailure(error);
  }

  #answer(entry: Entry, outcome: Outcome): void {
    this.figures.waiting--;
    this.figures.waitingBytes -= entry.bytes;
    this.#note(outcome);
    entry.answered(outcome);
  }

  #answerAtOnce(outcome: Outcome, answered: Entry["answered"]): void {
    this.#note(outcome);
    answered(outcome);
  }

  #note(outcome: Outcome): void {
    if (!outcome.ok) this.figures.refuse(outcome.refusal.reason);
  }
}

interface Entry {
  /** Absent when there is nothing to store: a refusal or a sync, which waits its turn all the same. */
  readonly transaction: Transaction | undefined;
  readonly caller: Caller;
  readonly outcome: Outcome;
  readonly bytes: number;
  readonly answered: (outcome: Outcome) => void;
}

function answerBytesOf(outcome: Outcome): number {
  if (!outcome.ok) return 0;
  return (outcome.transacted?.bytes ?? 0) + (outcome.read?.bytes ?? 0) + (outcome.data?.length ?? 0);
}

/** About what a transaction takes in the queue: its data, its paths, and a round figure for the rest. */
function sizeOf(transaction: Transaction | undefined): number {
  let bytes = entryBytes;
  let acl: Acl | undefined;
  for (const change of transaction?.changes ?? []) {
    bytes += entryBytes;
    if ("path" in change) bytes += change.path.length;
    // One list for all that a change of a subtree touches.
    if (setsAcl(change) && change.node.acl !== acl) bytes += change.node.acl.text.length;
    if (setsAcl(change)) acl = change.node.acl;
    if ("data" in change) bytes += change.data.length;
    if (change.kind === "requestAnswered") bytes += change.answer.length;
    if ("previousData" in change) bytes += change.previousData?.length ?? 0;
  }
  return bytes;
}

function setsAcl(change: Change): change is Extract<Change, { kind: "nodeCreated" | "nodeAclSet" }> {
  return change.kind === "nodeCreated" || change.kind === "nodeAclSet";
}

const entryBytes = 64;

function overloaded(what: string, limit: number): Refusal {
  const message = `${limit} ${what} wait for the disk already; retry after a short wait`;
  return { reason: "OVERLOADED", message, facts: { limit } };
}

const outcomeUnknown: Refusal = {
  reason: "OUTCOME_UNKNOWN",
  message: "the disk failed; the write may or may not have happened, and the server is stopping",
};
