/** Where the journal tells what an operator should know; the composition root gives it. */
export interface JournalLog {
  info(fields: Readonly<Record<string, string | number>>, message: string): void;
  warn(fields: Readonly<Record<string, string | number>>, message: string): void;
}

export const silentLog: JournalLog = { info: () => {}, warn: () => {} };
