import { sequenceTriesMax } from "../limits.ts";

/** The sequence numbers of a parent are those from 0 to just below this one. */
export const sequenceNumbers = 2 ** 31;

/** The name that a sequential create comes to: Java's String.format("%010d"), as in ZooKeeper. */
export function sequentialPath(path: string, number: number): string {
  return `${path}${String(number).padStart(10, "0")}`;
}

/**
 * The first free number from one on; undefined if the numbers are used up. Names may be taken: a plain create can
 * have any. Behind a long row of taken ones it takes one at a distance that doubles, at a place that depends on
 * `seed`, so that nobody can block all of them: who takes n names ahead costs the others about n numbers, and each
 * create looks at a few dozen names at most.
 */
export function freeNumber(
  from: number,
  isTaken: (number: number) => boolean,
  seed: number,
): number | undefined {
  for (let number = from; number < sequenceNumbers && number < from + sequenceTriesMax; number++) {
    if (!isTaken(number)) return number;
  }
  for (let stride = sequenceTriesMax; from + stride < sequenceNumbers; stride *= 2) {
    const number = from + stride + (scattered(seed + stride) % stride);
    if (number < sequenceNumbers && !isTaken(number)) return number;
  }
  return undefined;
}

/** Neighbours end up far apart (Knuth's multiplicative hash). */
function scattered(seed: number): number {
  return Math.imul(seed, 2_654_435_761) >>> 0;
}
