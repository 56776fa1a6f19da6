import type Database from "better-sqlite3";
import { keptFreePagesMin, vacuumedPagesMax } from "../../limits.ts";

/** Up to this part of the file may be free pages: they are the first to be used again. */
const keptFreePart = 1 / 8;

/**
 * Gives pages that nothing uses back to the file system, a few at a time: after a mass deletion the file shrinks over
 * minutes, and no commit waits for it. A database that was made without that in mind keeps
 * its size, and uses the free pages for what comes.
 */
export class Vacuum {
  readonly #connection: Database.Database;
  readonly #isPossible: boolean;

  constructor(connection: Database.Database) {
    this.#connection = connection;
    this.#isPossible = this.#number("auto_vacuum") === 2;
  }

  /** Gives some pages back. Answers whether there are more to give. */
  step(): boolean {
    if (!this.#isPossible || this.#surplus() <= 0) return false;
    this.#connection.pragma(`incremental_vacuum(${vacuumedPagesMax})`);
    return this.#surplus() > 0;
  }

  #surplus(): number {
    const kept = Math.max(keptFreePagesMin, this.#number("page_count") * keptFreePart);
    return this.#number("freelist_count") - kept;
  }

  #number(pragma: string): number {
    return this.#connection.pragma(pragma, { simple: true }) as number;
  }
}
