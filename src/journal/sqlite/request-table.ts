import type Database from "better-sqlite3";
import { isForgotten, type RememberedRequest } from "../../core/request.ts";

const selectTotals =
  "SELECT count(*) AS count, coalesce(sum(length(key) + length(fingerprint) + length(answer)), 0) AS bytes FROM requests";
const insertRequest = "INSERT INTO requests (zxid, time_ms, key, fingerprint, answer) VALUES (?, ?, ?, ?, ?)";
const selectOldest =
  "SELECT zxid, time_ms AS timeMs, length(key) + length(fingerprint) + length(answer) AS bytes FROM requests ORDER BY zxid LIMIT 1";
const deleteRequest = "DELETE FROM requests WHERE zxid = ?";

interface Totals {
  readonly count: number;
  readonly bytes: number;
}

/** The remembered requests, in the order of their zxids; written and forgotten in the transaction of their batch. */
export class RequestTable {
  readonly #insert: Database.Statement;
  readonly #oldest: Database.Statement<[], { zxid: number; timeMs: number; bytes: number }>;
  readonly #delete: Database.Statement;
  readonly #count: Database.Statement<[], Totals>;
  /** Counted when first needed: the load has read the table by then, so that damage to it is known. */
  #totals: Totals | undefined;
  /** The totals as the transaction under way leaves them. */
  #pending: Totals | undefined;

  constructor(connection: Database.Database) {
    this.#insert = connection.prepare(insertRequest);
    this.#oldest = connection.prepare(selectOldest);
    this.#delete = connection.prepare(deleteRequest);
    this.#count = connection.prepare<[], Totals>(selectTotals);
  }

  /** Forgets what a transaction that failed had begun. */
  begin(): void {
    this.#pending = this.#totals;
  }

  add({ zxid, timeMs, key, fingerprint, answer }: RememberedRequest): void {
    let { count, bytes } = this.#pending ?? this.#count.get()!;
    this.#insert.run(zxid, timeMs, key, fingerprint, answer);
    count++;
    bytes += key.length + fingerprint.length + answer.length;
    for (let oldest = this.#oldest.get(); oldest !== undefined; oldest = this.#oldest.get()) {
      if (!isForgotten(oldest, { count, bytes, nowMs: timeMs })) break;
      this.#delete.run(oldest.zxid);
      count--;
      bytes -= oldest.bytes;
    }
    this.#pending = { count, bytes };
  }

  /** The transaction of the batch is durable. */
  committed(): void {
    this.#totals = this.#pending;
  }
}
