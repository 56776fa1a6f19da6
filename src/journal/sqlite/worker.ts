import { parentPort, workerData } from "node:worker_threads";
import { JournalUnusable } from "../journal.ts";
import { explained } from "./connection.ts";
import { isDiskFailure } from "./disk-failure.ts";
import type { JournalLog } from "./log.ts";
import type { Answer, LogLine, Request, WorkerOptions } from "./messages.ts";
import { type CommitResult, Store } from "./store.ts";

/**
 * The thread that waits for the disk. After an error that is not an answer, or a commit with an unknown outcome, it is
 * dead: it answers and touches nothing any more, but does not end, because its end would close the database.
 */
const port = parentPort!;
let dead = false;

const log: JournalLog = {
  info: (fields, message) => tell({ kind: "log", level: "info", fields, message }),
  warn: (fields, message) => tell({ kind: "log", level: "warn", fields, message }),
};

function tell(message: Answer | LogLine, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

const store = answering(() => {
  const opened = new Store(workerData as WorkerOptions, log);
  const { lastZxid, databaseId, oldestZxid, seen } = opened;
  tell({ kind: "opened", lastZxid, databaseId, oldestZxid, seen });
  return opened;
});

// Keeps the thread alive, also after a start that the disk failed.
if (store !== undefined || dead) {
  port.on("message", (request: Request) => {
    if (dead || store === undefined) return;
    try {
      handle(store, request);
    } catch (error) {
      dead = true;
      tell({ kind: "lost", reason: explained(error) });
    }
  });
}

function handle(store: Store, request: Request): void {
  switch (request.kind) {
    case "rows":
      answering(() => sendRows(store.nextRows()));
      return;
    case "commit":
      sendResult(store.commit(request.packed));
      if (!dead) store.tidy();
      return;
    case "history":
      tell(store.history(request.after, request.through));
      return;
    case "care":
      tell({ kind: "cared", ...store.care(request.now), oldestZxid: store.oldestZxid });
      return;
    case "close":
      store.close(request.now);
      tell({ kind: "closed" });
      port.close();
  }
}

function sendRows(packed: Uint8Array<ArrayBuffer> | undefined): void {
  if (packed === undefined) tell({ kind: "noMoreRows" });
  else tell({ kind: "rows", packed }, [packed.buffer]);
}

/** What was committed goes back: the event loop keeps the newest batches at hand. */
function sendResult(result: CommitResult): void {
  if (result.kind === "committed") tell(result, [result.packed.buffer as ArrayBuffer]);
  else tell(result);
  dead = result.kind === "unknown";
}

function answering<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof JournalUnusable)) throw error;
    dead = isDiskFailure(error);
    tell({ kind: "unusable", reason: error.message, abandoned: dead });
    return undefined;
  }
}
