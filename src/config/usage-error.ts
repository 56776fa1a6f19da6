/** The user asked for something that cannot be done: a flag, a setting, a verb. One line; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A value as it is shown in a message: quoted, and on one line whatever it contains. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
