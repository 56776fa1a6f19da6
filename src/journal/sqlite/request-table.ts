import type Database from "better-sqlite3";
import type { RememberedRequest } from "../../core/request.ts";

const insertRequest =
  "INSERT INTO requests (zxid, time_ms, key, fingerprint, answer, holder) VALUES (?, ?, ?, ?, ?, ?)";
const deleteRequest = "DELETE FROM requests WHERE zxid = ?";

/** The remembered requests, in the order of their zxids; written and forgotten in the transaction of their batch. */
export class RequestTable {
  readonly #insert: Database.Statement;
  readonly #delete: Database.Statement;

  constructor(connection: Database.Database) {
    this.#insert = connection.prepare(insertRequest);
    this.#delete = connection.prepare(deleteRequest);
  }

  add({ zxid, timeMs, key, fingerprint, answer, holder }: RememberedRequest): void {
    this.#insert.run(zxid, timeMs, key, fingerprint, answer, holder);
  }

  forget(zxid: number): void {
    this.#delete.run(zxid);
  }
}
