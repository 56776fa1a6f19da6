/**
 * The name that a sequential create comes to: the parent's count of children ever created, as Java's
 * String.format("%010d") writes it, negative numbers included.
 */
export function sequentialPath(path: string, creates: number): string {
  const digits = String(Math.abs(creates));
  return creates < 0 ? `${path}-${digits.padStart(9, "0")}` : `${path}${digits.padStart(10, "0")}`;
}
