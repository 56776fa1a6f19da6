import type Database from "better-sqlite3";

interface Kept {
  readonly id: number;
  readonly text: string;
  /** Nodes that have this list. */
  uses: number;
}

/**
 * The access control lists of all nodes, each once, by number; 0 is the open one, and in no table. They are counted, so
 * that a list goes with the last node that has it, in the transaction that takes that node.
 */
export class AclTable {
  readonly #insert: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #byText = new Map<string, Kept>();
  readonly #byId = new Map<number, Kept>();
  /** The lists that the transaction under way has touched, as they were before it; undefined: not there. */
  readonly #before = new Map<Kept, number | undefined>();
  #lastId = 0;

  constructor(connection: Database.Database) {
    this.#insert = connection.prepare("INSERT INTO acls (id, text) VALUES (?, ?)");
    this.#delete = connection.prepare("DELETE FROM acls WHERE id = ?");
    for (const { id, text } of connection.prepare<[], { id: number; text: string }>(selectAcls).iterate()) {
      this.#keep({ id, text, uses: 0 });
    }
    for (const { id, uses } of connection.prepare<[], { id: number; uses: number }>(countUses).iterate()) {
      const kept = this.#byId.get(id);
      // The load says which node lacks its list.
      if (kept !== undefined) kept.uses = uses;
    }
    // Those that an older version has left go with the first transaction.
    for (const kept of this.#byId.values()) if (kept.uses === 0) this.#before.set(kept, 0);
  }

  /** How many lists there are beside the open one. */
  get size(): number {
    return this.#byId.size;
  }

  /** Forgets what a transaction that failed had done. */
  begin(): void {
    for (const [kept, uses] of this.#before) {
      if (uses === undefined) this.#drop(kept);
      else kept.uses = uses;
      if (uses !== 0) this.#before.delete(kept);
    }
  }

  /** One more node has this list: its number. Inside a transaction. */
  use(text: string): number {
    if (text === "") return 0;
    const kept = this.#byText.get(text) ?? this.#add(text);
    this.#touch(kept);
    kept.uses++;
    return kept.id;
  }

  /** One node less. Inside a transaction. */
  release(id: number): void {
    const kept = this.#byId.get(id);
    if (kept === undefined) return;
    this.#touch(kept);
    kept.uses--;
  }

  /** At the end of the transaction. */
  flush(): void {
    for (const kept of this.#before.keys()) if (kept.uses === 0) this.#delete.run(kept.id);
  }

  /** The transaction is durable. */
  committed(): void {
    for (const kept of this.#before.keys()) if (kept.uses === 0) this.#drop(kept);
    this.#before.clear();
  }

  #add(text: string): Kept {
    this.#insert.run(this.#lastId + 1, text);
    const kept = { id: this.#lastId + 1, text, uses: 0 };
    this.#keep(kept);
    this.#before.set(kept, undefined);
    return kept;
  }

  #keep(kept: Kept): void {
    this.#byText.set(kept.text, kept);
    this.#byId.set(kept.id, kept);
    this.#lastId = Math.max(this.#lastId, kept.id);
  }

  #drop(kept: Kept): void {
    this.#byText.delete(kept.text);
    this.#byId.delete(kept.id);
  }

  #touch(kept: Kept): void {
    if (!this.#before.has(kept)) this.#before.set(kept, kept.uses);
  }
}

export const selectAcls = "SELECT id, text FROM acls";

const countUses = "SELECT acl AS id, count(*) AS uses FROM nodes WHERE acl <> 0 GROUP BY acl";
