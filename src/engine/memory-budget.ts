import type { Clock } from "../clock.ts";
import type { Reason, Refusal } from "../core/refusal.ts";
import {
  clientMemoryBytesMaxDefault,
  memoryBurstRatio,
  memoryLookIntervalMs,
  memoryLookSlice,
  memoryTargetRatio,
  memoryWaitingBytesMin,
  shedsPerLookMax,
} from "../limits.ts";
import { Largest } from "./largest.ts";

/** For what memory is held: each byte counts once, a message that was handed to the front for its connection. */
export type HolderKind = "watch" | "scan" | "pipeline" | "connection";

/** What holds memory for one client. */
export interface MemoryHolder {
  /** The client's address. */
  readonly peer: string;
  /** About the memory that it holds. */
  readonly heldBytes: number;
  /** Bytes of it that wait for the client. */
  readonly waitingBytes: number;
  /** Bytes that the client has made room for since the start, by reading say. */
  readonly movedBytes: number;
  /** Ends it, with a typed reason, because the memory is needed. @param bytesMax the budget */
  shed(bytesMax: number): void;
}

export interface MemoryBudgetOptions {
  /** Default: what it is unless the configuration says otherwise. */
  readonly bytesMax?: number;
  readonly clock: Pick<Clock, "setInterval">;
  /** A holder was shed. Default: silence. */
  readonly onShed?: (facts: {
    readonly kind: HolderKind;
    readonly peer: string;
    readonly bytes: number;
  }) => void;
}

interface Held {
  readonly kind: HolderKind;
  readonly holder: MemoryHolder;
  readonly bytes: number;
}

/** What waited for the client of a holder, at one look. */
type Waiting = Pick<MemoryHolder, "waitingBytes" | "movedBytes">;

interface Source {
  readonly kind: HolderKind;
  readonly holders: Iterable<MemoryHolder>;
  readonly repeatedBytes: () => number;
}

/** All holders, from the first to the last. */
interface Look {
  readonly isPeriodic: boolean;
  readonly holders: Iterator<readonly [HolderKind, MemoryHolder]>;
  readonly held: Map<HolderKind, number>;
  readonly waiting: Map<MemoryHolder, Waiting>;
  /** Those whose clients have not taken, within an interval, what waited for them before: by what waits. */
  readonly unread: Largest<Held>;
  /** By all that they hold. */
  readonly largest: Largest<Held>;
}

/**
 * The one budget of the memory that the server holds for its clients. A look adds it up, every second and as soon as
 * it may have been used up since. Beyond the budget the largest holders are shed until it is kept again: first those
 * whose clients do not read, then, because memory is finite, the others.
 */
export class MemoryBudget {
  readonly bytesMax: number;
  readonly #onShed: NonNullable<MemoryBudgetOptions["onShed"]>;
  readonly #stopTimer: () => void;
  readonly #sources: Source[] = [];
  /** Those that were shed and are not gone yet. */
  readonly #shed = new WeakSet<MemoryHolder>();
  readonly #shedCounts = new Map<HolderKind, number>();
  #held: ReadonlyMap<HolderKind, number> = new Map();
  /** What waited at the last periodic look, and at the one before. */
  #waiting: ReadonlyMap<MemoryHolder, Waiting> = new Map();
  #waitingBefore: ReadonlyMap<MemoryHolder, Waiting> = new Map();
  /** Bytes that clients were given since the last look, and how many may be given until the next. */
  #grown = 0;
  #room: number;
  #look: Look | undefined;
  /** The budget was exceeded, and enough of it has not been found yet. */
  #isShedding = false;
  #isAsked = false;
  #isStopped = false;

  constructor({ bytesMax = clientMemoryBytesMaxDefault, clock, onShed = () => {} }: MemoryBudgetOptions) {
    this.bytesMax = bytesMax;
    this.#room = bytesMax;
    this.#onShed = onShed;
    this.#stopTimer = clock.setInterval(() => this.#begin(true), memoryLookIntervalMs);
  }

  /** Bytes that were held at the last look, by kind. */
  get held(): ReadonlyMap<HolderKind, number> {
    return this.#held;
  }

  get heldBytes(): number {
    return sumOf(this.#held);
  }

  /** Holders that were shed since the start, by kind. */
  get shedCounts(): ReadonlyMap<HolderKind, number> {
    return this.#shedCounts;
  }

  /**
   * @param holders those that there are whenever it is looked.
   * @param repeatedBytes what several of them count although it is in memory once.
   */
  add(kind: HolderKind, holders: Iterable<MemoryHolder>, repeatedBytes = () => 0): void {
    this.#sources.push({ kind, holders, repeatedBytes });
    this.#held = new Map([[kind, 0], ...this.#held]);
  }

  /** A client is given so much more to read: not all of it need be held. Cheap enough for every message. */
  grew(bytes: number): void {
    this.#grown += bytes;
    if (this.#grown > this.#room) this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  /**
   * When the caller, which is sending, has done what it does: before the next socket of the same turn is read, since a
   * thousand of them may ask for a megabyte each.
   */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    process.nextTick(() => {
      this.#isAsked = false;
      this.#begin(false);
    });
  }

  #begin(isPeriodic: boolean): void {
    if (this.#look !== undefined || this.#isStopped) return;
    this.#grown = 0;
    this.#look = {
      isPeriodic,
      holders: this.#holders(),
      held: new Map(this.#sources.map(({ kind }) => [kind, 0])),
      waiting: new Map(),
      unread: new Largest(shedsPerLookMax),
      largest: new Largest(shedsPerLookMax),
    };
    this.#goOn(this.#look);
  }

  *#holders(): Generator<readonly [HolderKind, MemoryHolder]> {
    for (const { kind, holders } of this.#sources) for (const holder of holders) yield [kind, holder];
  }

  /** A slice of the holders in each turn: there may be a million of them. */
  #goOn(look: Look): void {
    for (let count = 0; count < memoryLookSlice; count++) {
      const { done, value } = look.holders.next();
      if (done) {
        this.#look = undefined;
        this.#finish(look);
        return;
      }
      const [kind, holder] = value;
      if (!this.#shed.has(holder)) this.#measure(look, kind, holder);
    }
    setImmediate(() => this.#goOn(look));
  }

  #measure(
    { isPeriodic, held, waiting, unread, largest }: Look,
    kind: HolderKind,
    holder: MemoryHolder,
  ): void {
    const bytes = holder.heldBytes;
    if (bytes === 0) return;
    held.set(kind, (held.get(kind) ?? 0) + bytes);
    largest.offer({ kind, holder, bytes });
    const { waitingBytes } = holder;
    if (waitingBytes < memoryWaitingBytesMin) return;
    const { movedBytes } = holder;
    if (isPeriodic) waiting.set(holder, { waitingBytes, movedBytes });
    // A look that came early compares with what is an interval old, too.
    const before = (isPeriodic ? this.#waiting : this.#waitingBefore).get(holder);
    const reads = before !== undefined && movedBytes - before.movedBytes >= before.waitingBytes;
    if (!reads) unread.offer({ kind, holder, bytes: waitingBytes });
  }

  #finish({ isPeriodic, held, waiting, unread, largest }: Look): void {
    if (isPeriodic) {
      this.#waitingBefore = this.#waiting;
      this.#waiting = waiting;
    }
    for (const { kind, repeatedBytes } of this.#sources) {
      held.set(kind, Math.max(0, held.get(kind)! - repeatedBytes()));
    }
    this.#held = held;
    const target = this.bytesMax * memoryTargetRatio;
    let total = sumOf(held);
    if (total > (this.#isShedding ? target : this.bytesMax)) {
      const sheds = this.#shedSome([...unread.items, ...largest.items], total - target);
      total -= sheds.bytes;
      this.#isShedding = sheds.count > 0 && total > target;
      // Everybody else has a turn in between.
      if (this.#isShedding) setImmediate(() => this.#begin(false));
    } else {
      this.#isShedding = false;
    }
    this.#room = Math.max(this.bytesMax - total, this.bytesMax * memoryBurstRatio);
  }

  /** One after the other, until enough is free or enough was done in one go. */
  #shedSome(candidates: readonly Held[], bytesNeeded: number): { count: number; bytes: number } {
    let count = 0;
    let bytes = 0;
    for (const { kind, holder } of candidates) {
      if (bytes >= bytesNeeded || count === shedsPerLookMax) break;
      if (this.#shed.has(holder)) continue;
      this.#shed.add(holder);
      const held = holder.heldBytes;
      holder.shed(this.bytesMax);
      bytes += held;
      count++;
      this.#shedCounts.set(kind, (this.#shedCounts.get(kind) ?? 0) + 1);
      this.#onShed({ kind, peer: holder.peer, bytes: held });
    }
    return { count, bytes };
  }
}

/** Why a client loses what held most. */
export function memoryUsedUp(reason: Reason, what: string, bytesMax: number): Refusal {
  return {
    reason,
    message: `${memoryUsedUpText(bytesMax)}; ${what}`,
    facts: { what: "memory", limit: bytesMax },
  };
}

export function memoryUsedUpText(bytesMax: number): string {
  return `the ${bytesMax} bytes of memory that the server has for clients are used up`;
}

function sumOf(held: ReadonlyMap<HolderKind, number>): number {
  let sum = 0;
  for (const bytes of held.values()) sum += bytes;
  return sum;
}
