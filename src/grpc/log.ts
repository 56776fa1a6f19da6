/** How much the log tells, from least to most. */
export const logLevels = ["error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof logLevels)[number];

/** Where the server tells its operator what went wrong: facts first, then one sentence, as with pino. */
export interface Log {
  error(facts: Readonly<Record<string, unknown>>, text: string): void;
  warn(facts: Readonly<Record<string, unknown>>, text: string): void;
}

/** The same, with the say over how much is written. */
export interface LeveledLog extends Log {
  /** The least severe level that is written; may be set at any time. */
  level: LogLevel;
}
