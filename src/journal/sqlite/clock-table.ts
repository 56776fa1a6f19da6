import type Database from "better-sqlite3";
import type { ClockJump, Moment } from "../../core/clock-jumps.ts";
import { clockSeenIntervalMs } from "../../limits.ts";

const selectSeen = "SELECT seen_zxid AS zxid, seen_ms AS wallMs FROM meta";
const selectNewest =
  "SELECT last_zxid AS zxid, time_ms AS wallMs FROM history ORDER BY last_zxid DESC LIMIT 1";
const selectJumps = "SELECT zxid, ms FROM clock_jumps ORDER BY position";
const insertJump = "INSERT INTO clock_jumps (zxid, ms) VALUES (?, ?)";
const updateSeen = "UPDATE meta SET seen_zxid = ?, seen_ms = ?";

interface Seen {
  readonly zxid: number;
  readonly wallMs: number;
}

/** When the database was in use last, and how the wall clock was set until then: what ages are counted by. */
export class ClockTable {
  readonly #write: (now: Moment, zxid: number) => void;
  /** What is stored; undefined before anything was. */
  #seen: Moment | undefined;

  constructor(connection: Database.Database) {
    const jumps = connection.prepare<[], ClockJump>(selectJumps).all();
    const noted = connection.prepare<[], Seen>(selectSeen).get()!;
    const newest = connection.prepare<[], Seen>(selectNewest).get();
    // Whichever is later in the order of changes; the wall clock itself may have been set in between.
    const { wallMs } = newest !== undefined && newest.zxid > noted.zxid ? newest : noted;
    this.#seen = wallMs === 0 ? undefined : { wallMs, jumps };
    const insert = connection.prepare(insertJump);
    const update = connection.prepare(updateSeen);
    this.#write = connection.transaction((now: Moment, zxid: number) => {
      connection.exec("DELETE FROM clock_jumps");
      for (const jump of now.jumps) insert.run(jump.zxid, jump.ms);
      update.run(zxid, now.wallMs);
    }).immediate;
  }

  get seen(): Moment | undefined {
    return this.#seen;
  }

  /** Notes what there is to note: a jump, or that the server is still there. */
  noteWhenDue(now: Moment, zxid: number): void {
    const seen = this.#seen;
    const isSame = JSON.stringify(seen?.jumps) === JSON.stringify(now.jumps);
    if (!isSame || now.wallMs - seen!.wallMs >= clockSeenIntervalMs) this.note(now, zxid);
  }

  note(now: Moment, zxid: number): void {
    this.#write(now, zxid);
    this.#seen = now;
  }
}
