/** Where the server tells its operator what went wrong: facts first, then one sentence, as with pino. */
export interface Log {
  error(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
