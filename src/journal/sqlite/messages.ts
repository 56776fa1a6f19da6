import type { Moment } from "../../core/clock-jumps.ts";
import type { Care, Loaded } from "../journal.ts";
import type { HistoryRows } from "./history-table.ts";
import type { OpenOptions } from "./open.ts";
import type { CommitResult } from "./store.ts";

/** Given to the worker when it starts. Functions do not cross threads, so migrations are not among them. */
export type WorkerOptions = Omit<OpenOptions, "migrations">;

/** What the journal asks of its worker. Each request gets one answer, in order. */
export type Request =
  | { readonly kind: "rows" }
  | { readonly kind: "commit"; readonly packed: Uint8Array }
  | { readonly kind: "history"; readonly after: number; readonly through: number }
  | { readonly kind: "care"; readonly now: Moment }
  | { readonly kind: "close"; readonly now: Moment | undefined };

export type Answer =
  /** The first, unasked. */
  | ({ readonly kind: "opened"; readonly oldestZxid: number } & Loaded)
  /** `abandoned`: the disk failed, and the thread stays so that nothing is closed. */
  | { readonly kind: "unusable"; readonly reason: string; readonly abandoned: boolean }
  | { readonly kind: "rows"; readonly packed: Uint8Array }
  | { readonly kind: "noMoreRows" }
  | (Care & { readonly kind: "cared"; readonly oldestZxid: number })
  | { readonly kind: "closed" }
  /** The worker is dead: it answers nothing any more. It says so by itself, if it can. */
  | { readonly kind: "lost"; readonly reason: string }
  | HistoryRows
  | CommitResult;

/** Between the answers, something for the log. */
export interface LogLine {
  readonly kind: "log";
  readonly level: "info" | "warn";
  readonly fields: Readonly<Record<string, string | number>>;
  readonly message: string;
}
