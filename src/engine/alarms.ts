import type { Clock } from "../clock.ts";

/**
 * What an operator must see to although the server goes on: `disk_full`, writes are refused for want of space;
 * `disk_low`, that may come soon.
 */
export type AlarmName = "disk_full" | "disk_low";

export interface Alarm {
  readonly name: AlarmName;
  /** When it was raised, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** What is wrong and what to do about it, in one line. */
  readonly message: string;
}

/** Told once when an alarm is raised, and once when it is over. */
export interface AlarmListener {
  raised(alarm: Alarm): void;
  cleared(alarm: Alarm): void;
}

/** The alarms of a server. Each is raised and cleared by whoever finds out; it lasts as long as its cause. */
export class Alarms {
  readonly #clock: Clock;
  readonly #listener: AlarmListener | undefined;
  readonly #active = new Map<AlarmName, Alarm>();

  constructor(clock: Clock, listener?: AlarmListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Those that last now, the oldest first. */
  get active(): readonly Alarm[] {
    return [...this.#active.values()];
  }

  isActive(name: AlarmName): boolean {
    return this.#active.has(name);
  }

  /** Without effect while the alarm lasts already. */
  raise(name: AlarmName, message: string): void {
    if (this.#active.has(name)) return;
    const alarm = { name, sinceMs: this.#clock.wallMs(), message };
    this.#active.set(name, alarm);
    this.#listener?.raised(alarm);
  }

  /** Without effect if the alarm is not raised. */
  clear(name: AlarmName): void {
    const alarm = this.#active.get(name);
    if (alarm === undefined) return;
    this.#active.delete(name);
    this.#listener?.cleared(alarm);
  }
}
