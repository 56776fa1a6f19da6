import { stat, statfs } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Transaction } from "../../core/change.ts";
import type { Moment } from "../../core/clock-jumps.ts";
import { Histogram, secondsBounds } from "../../figures.ts";
import { recentHistoryBytesMax } from "../../limits.ts";
import { packTransactions } from "../codec.ts";
import {
  type Care,
  Compacted,
  type DiskSizes,
  type HistoryPage,
  type Journal,
  type JournalFigures,
  JournalFull,
  JournalUnusable,
  type Loaded,
  OutcomeUnknown,
  type StateSink,
} from "../journal.ts";
import { unpackRows } from "../rows.ts";
import { type DataFiles, dataFiles } from "./files.ts";
import { type JournalLog, silentLog } from "./log.ts";
import type { Answer, LogLine, Request, WorkerOptions } from "./messages.ts";
import { pageOf, RecentHistory } from "./recent-history.ts";

export interface SqliteJournalOptions extends WorkerOptions {
  /** Default: silence. */
  readonly log?: JournalLog;
  /** A commit for which the disk takes longer is logged, in milliseconds. Default: none is. */
  readonly slowSyncMs?: number;
  /**
   * The disk failed, and nothing touches the files any more: told before anybody else learns of it. The process must
   * end by `endByKill`. Default: nobody is told.
   */
  readonly onDiskFailure?: () => void;
}

/**
 * Opens the journal of a data directory, which is created if it is missing. Throws JournalUnusable, with the
 * exact reason, when another server uses it, or when the database is not Corral's, newer, corrupt, or lacks
 * writes that were acknowledged (unless `acceptDataLoss`); it is then left as it was.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<SqliteJournal> {
  const {
    log = silentLog,
    slowSyncMs = Number.POSITIVE_INFINITY,
    onDiskFailure = () => {},
    ...workerOptions
  } = options;
  const link = new WorkerLink(workerOptions, log, onDiskFailure);
  const answer = await link.nextAnswer();
  if (answer.kind === "opened")
    return new SqliteJournal(link, answer, { files: dataFiles(options.dataDir), log, slowSyncMs });
  await link.end();
  throw problemIn(answer);
}

/** The event loop's half: packs batches for the worker, and never waits for the disk. */
export class SqliteJournal implements Journal, JournalFigures {
  readonly syncSeconds = new Histogram(secondsBounds);
  readonly #link: WorkerLink;
  readonly #files: DataFiles;
  readonly #log: JournalLog;
  readonly #slowSyncMs: number;
  readonly #loaded: Loaded;
  #oldestZxid: number;
  readonly #recent = new RecentHistory(recentHistoryBytesMax);
  #committing: Promise<Answer> | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(
    link: WorkerLink,
    { lastZxid, databaseId, seen, oldestZxid }: Loaded & { readonly oldestZxid: number },
    options: { readonly files: DataFiles; readonly log: JournalLog; readonly slowSyncMs: number },
  ) {
    this.#link = link;
    this.#files = options.files;
    this.#log = options.log;
    this.#slowSyncMs = options.slowSyncMs;
    this.#loaded = { lastZxid, databaseId, seen };
    this.#oldestZxid = oldestZxid;
  }

  get oldestZxid(): number {
    return this.#oldestZxid;
  }

  /** By their names, without opening them: see `existsAsPlainFile`. */
  async sizes(): Promise<DiskSizes> {
    const { dir, database, wal } = this.#files;
    const [main, log, disk] = await Promise.all([
      stat(database),
      // There is none after a stop in order, until the next write.
      stat(wal).catch(() => ({ size: 0 })),
      statfs(dir),
    ]);
    return { database: main.size, wal: log.size, diskFree: disk.bavail * disk.bsize };
  }

  async load(sink: StateSink): Promise<Loaded> {
    let next = this.#link.ask({ kind: "rows" });
    for (;;) {
      const answer = await next;
      if (answer.kind === "noMoreRows") return this.#loaded;
      if (answer.kind !== "rows") throw this.#fail(problemIn(answer));
      // The worker reads ahead by one chunk while this one is unpacked.
      next = this.#link.ask({ kind: "rows" });
      unpackRows(answer.packed, sink);
    }
  }

  async commit(batch: readonly Transaction[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new Error("the journal is closed");
    if (this.#committing !== undefined) throw new Error("a commit is under way: one at a time");
    if (batch.length === 0) return;
    const packed = packTransactions(batch);
    this.#committing = this.#link.ask({ kind: "commit", packed }, [packed.buffer]);
    const answer = await this.#committing;
    this.#committing = undefined;
    if (answer.kind === "committed") {
      this.#synced(answer.syncMs, batch.length, answer.packed.byteLength);
      this.#oldestZxid = answer.oldestZxid;
      return this.#recent.add(batch, answer.packed);
    }
    if (answer.kind === "full") throw new JournalFull("the disk is full: nothing of the batch was stored");
    throw this.#fail(problemIn(answer));
  }

  async history(after: number, through: number): Promise<HistoryPage> {
    if (this.#failure !== undefined) throw this.#failure;
    const recent = this.#recent.page(after, through);
    if (recent !== undefined) return recent;
    const answer = await this.#link.ask({ kind: "history", after, through });
    if (answer.kind === "compacted") throw new Compacted(answer.oldestZxid);
    if (answer.kind !== "history") throw this.#fail(problemIn(answer));
    return pageOf(answer.batches, after, through);
  }

  async care(now: Moment): Promise<Care> {
    if (this.#failure !== undefined) throw this.#failure;
    const answer = await this.#link.ask({ kind: "care", now });
    if (answer.kind !== "cared") throw this.#fail(problemIn(answer));
    this.#oldestZxid = answer.oldestZxid;
    return answer;
  }

  async close(now?: Moment): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#committing;
    const answer = await this.#link.ask({ kind: "close", now });
    await this.#link.end();
    if (answer.kind !== "closed" && this.#failure === undefined) throw problemIn(answer);
  }

  #synced(syncMs: number, transactions: number, bytes: number): void {
    this.syncSeconds.observe(syncMs / 1_000);
    if (syncMs > this.#slowSyncMs) {
      const dur_ms = Math.round(syncMs);
      this.#log.warn({ dur_ms, transactions, bytes }, "the disk was slow to sync a commit");
    }
  }

  #fail(problem: Error): Error {
    this.#failure = problem;
    return problem;
  }
}

function problemIn(answer: Answer): Error {
  switch (answer.kind) {
    case "unusable":
      return new JournalUnusable(answer.reason);
    case "unknown":
    case "lost":
      return new OutcomeUnknown(answer.reason);
    case "broken":
      return new Error(`broken invariant in the journal: ${answer.reason}`);
    default:
      return new Error(`the journal's worker answered ${answer.kind} out of turn`);
  }
}

/** The reason, if this is the worker's last word. */
function abandonment(answer: Answer): string | undefined {
  if (answer.kind === "unknown" || answer.kind === "lost") return answer.reason;
  return answer.kind === "unusable" && answer.abandoned ? answer.reason : undefined;
}

/** The worker thread and its answers, in the order of the requests. A dead worker answers "lost", for ever. */
class WorkerLink {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  readonly #onDiskFailure: () => void;
  #lost: Answer | undefined;
  /** The disk failed: the thread stays, and does nothing. */
  #abandoned = false;

  constructor(options: WorkerOptions, log: JournalLog, onDiskFailure: () => void) {
    this.#onDiskFailure = onDiskFailure;
    // The same file runs from source and compiled.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      workerData: options,
      // What it allocates is dead by the next batch: a small young generation is enough, and stays small.
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    });
    this.#worker.on("message", (message: Answer | LogLine) => {
      if (message.kind === "log") return log[message.level](message.fields, message.message);
      const abandoned = abandonment(message);
      if (abandoned !== undefined) this.#abandon();
      if (message.kind !== "lost") this.#waiting.shift()?.(message);
      if (abandoned !== undefined) this.#lose(abandoned);
    });
    this.#worker.on("error", (error: Error) => this.#lose(`the journal's worker failed: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#lose("the journal's worker is gone");
        resolve();
      });
    });
  }

  nextAnswer(): Promise<Answer> {
    if (this.#lost !== undefined) return Promise.resolve(this.#lost);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    const answer = this.nextAnswer();
    if (this.#lost === undefined) this.#worker.postMessage(request, transfer);
    return answer;
  }

  /** Resolves when the thread has ended, having let go of its files; or at once, if it will not. */
  async end(): Promise<void> {
    if (!this.#abandoned) await this.#exited;
  }

  #abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    // It keeps nobody else from ending.
    this.#worker.unref();
    this.#onDiskFailure();
  }

  #lose(reason: string): void {
    this.#lost ??= { kind: "lost", reason };
    for (const resolve of this.#waiting.splice(0)) resolve(this.#lost);
  }
}
