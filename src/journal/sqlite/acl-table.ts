import type Database from "better-sqlite3";

/**
 * The access control lists of all nodes, each once, by number; 0 is the open one, and in no table. A list that no
 * node has any more stays until the next start, which finds it cheaper than each deletion would.
 */
export class AclTable {
  readonly #insert: Database.Statement;
  readonly #ids = new Map<string, number>();
  /** Lists that the transaction under way has added. */
  #added: string[] = [];
  #lastId = 0;

  constructor(connection: Database.Database) {
    this.#insert = connection.prepare("INSERT INTO acls (id, text) VALUES (?, ?)");
    for (const { id, text } of connection.prepare<[], { id: number; text: string }>(selectAcls).iterate()) {
      this.#ids.set(text, id);
      this.#lastId = Math.max(this.#lastId, id);
    }
  }

  /** Forgets what a transaction that failed had added. */
  begin(): void {
    for (const text of this.#added) this.#ids.delete(text);
    this.#added = [];
  }

  /** The transaction is durable. */
  committed(): void {
    this.#added = [];
  }

  /** The number of a list; inside a transaction. */
  idOf(text: string): number {
    if (text === "") return 0;
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#lastId++;
    this.#insert.run(this.#lastId, text);
    this.#ids.set(text, this.#lastId);
    this.#added.push(text);
    return this.#lastId;
  }
}

export const selectAcls = "SELECT id, text FROM acls";

/** For the start. While there are no lists it looks at no node. */
export const deleteUnusedAcls = "DELETE FROM acls WHERE id NOT IN (SELECT DISTINCT acl FROM nodes)";
