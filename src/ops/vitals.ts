import type { Clock } from "../clock.ts";
import type { Alarm } from "../engine/alarms.ts";
import type { Engine } from "../engine/engine.ts";
import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { MethodFigures } from "../figures.ts";
import type { JournalFigures } from "../journal/journal.ts";

/** What the engine's front tells of itself. */
export interface FrontFigures {
  readonly connections: { readonly open: number; readonly rejected: number };
}

/** The settings that operators compare, under the names of the configuration. Nothing secret, and no paths. */
export type ShownSettings = Readonly<Record<string, string | number | boolean>>;

/** The parts of the server, as far as they are there: the composition root fills them in while it starts. */
export class Vitals {
  readonly version: string;
  readonly clock: Clock;
  /** When the process began, in milliseconds since 1970. */
  readonly startedMs: number;
  readonly settings: ShownSettings;
  readonly logLevel: () => string;
  /** The most connections of the front; infinite for any number. */
  readonly connectionsMax: number;
  /** The calls of each method. */
  readonly calls: { figures(): Iterable<MethodFigures> };
  /** What is served, once it is loaded. */
  data:
    | { readonly engine: Engine; readonly journal: JournalFigures; readonly memory: MemoryBudget }
    | undefined;
  /** Where it is served, once somebody can call. */
  front: FrontFigures | undefined;
  /** The server is on its way out. */
  stopping = false;
  /** The journal has failed, with an unknown outcome. */
  failed = false;
  /** Wrong credentials. */
  authFailures = 0;
  readonly #startedMonotonicMs: number;

  constructor(
    options: Pick<Vitals, "version" | "clock" | "settings" | "logLevel" | "connectionsMax" | "calls">,
  ) {
    this.version = options.version;
    this.clock = options.clock;
    this.settings = options.settings;
    this.logLevel = options.logLevel;
    this.connectionsMax = options.connectionsMax;
    this.calls = options.calls;
    this.startedMs = options.clock.wallMs();
    this.#startedMonotonicMs = options.clock.monotonicMs();
  }

  /** Whether the server takes no new sessions. */
  get draining(): boolean {
    return this.stopping || (this.data?.engine.draining ?? false);
  }

  /** What an operator should look at now. */
  get alarms(): readonly Alarm[] {
    return this.data?.engine.alarms.active ?? [];
  }

  get uptimeMs(): number {
    return this.clock.monotonicMs() - this.#startedMonotonicMs;
  }
}
