/** Where the server tells its operator what went wrong: facts first, then one sentence, as with pino. */
export interface Log {
  error(facts: Readonly<Record<string, unknown>>, text: string): void;
  warn(facts: Readonly<Record<string, unknown>>, text: string): void;
}
