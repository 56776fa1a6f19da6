import type { Clock } from "../clock.ts";
import type { Operation, TransactOperation } from "../core/operation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Journal } from "../journal/journal.ts";
import { careAgainMs, careIntervalMs } from "../limits.ts";
import type { Alarms } from "./alarms.ts";
import type { Timeline } from "./timeline.ts";

/** The disk is no longer low once it has this many times the space that makes it low. */
const clearedAt = 1.25;

/**
 * Has the journal look after its disk every now and then, and turns what it finds into alarms. While the disk is
 * full, what would add to it is refused without being tried: the little room that is left is for what takes away.
 * etcd does the same with its NOSPACE alarm, but has to be told when that is over.
 */
export class DiskCare {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #alarms: Alarms;
  readonly #lowBytes: number;
  readonly #onFailure: (error: unknown) => void;
  #cancelTimer: () => void;
  #looking = false;
  #stopped = false;

  constructor(options: {
    readonly journal: Journal;
    readonly clock: Clock;
    readonly timeline: Timeline;
    readonly alarms: Alarms;
    /** Below this much free space, in bytes, the disk is low; 0: never. */
    readonly lowBytes: number;
    /** The journal failed. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#journal = options.journal;
    this.#clock = options.clock;
    this.#timeline = options.timeline;
    this.#alarms = options.alarms;
    this.#lowBytes = options.lowBytes;
    this.#onFailure = options.onFailure;
    this.#cancelTimer = this.#clock.setTimeout(() => void this.#look(), careIntervalMs);
  }

  /** Why an operation is not even tried now; undefined if it may be. */
  refusal(operation: Operation): Refusal | undefined {
    return this.#alarms.isActive("disk_full") && adds(operation) ? diskFull : undefined;
  }

  /** A commit found the disk full. */
  foundFull(): void {
    this.#alarms.raise("disk_full", fullMessage);
    this.#cancelTimer();
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    let more = false;
    try {
      const care = await this.#journal.care(this.#timeline.now());
      more = care.more;
      if (!this.#stopped) this.#judge(care);
    } catch (error) {
      if (!this.#stopped) this.#onFailure(error);
      return;
    } finally {
      this.#looking = false;
    }
    if (this.#stopped) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.setTimeout(() => void this.#look(), more ? careAgainMs : careIntervalMs);
  }

  #judge({ isFull, freeBytes }: { readonly isFull: boolean; readonly freeBytes: number }): void {
    if (isFull) this.#alarms.raise("disk_full", fullMessage);
    else this.#alarms.clear("disk_full");
    if (freeBytes < this.#lowBytes) {
      this.#alarms.raise(
        "disk_low",
        `the disk has less than ${this.#lowBytes} bytes left: make room before it is full`,
      );
    } else if (!isFull && freeBytes >= this.#lowBytes * clearedAt) {
      // While the disk is full, what the reserve gave up is free as well.
      this.#alarms.clear("disk_low");
    }
  }
}

const fullMessage = "the disk is full: make room on it, or delete nodes; reads and heartbeats go on";

/** Whether an operation may make what is stored larger. A session's timeout takes no more room than the one before. */
function adds(operation: Operation | TransactOperation): boolean {
  switch (operation.op) {
    case "create":
    case "set":
    case "setAcl":
    case "openSession":
      return true;
    case "transact":
      return [...operation.operations, ...operation.elseOperations].some(adds);
    default:
      return false;
  }
}

export const diskFull: Refusal = {
  reason: "DISK_FULL",
  message: "the disk is full and nothing was changed; make room, then retry",
};
