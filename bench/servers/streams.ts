/** Watches of one node, on as many streams or connections as one likes. */
export interface Watching {
  /** How many watches have been told of a change, in all. */
  told(): number;
  /** Called whenever that number has grown. */
  onTold: () => void;
  close(): void;
}

/** Sessions, or leases, that live as long as they are given a sign of life. */
export interface Sessions {
  /** A sign of life for some of them, by their numbers. */
  beat(from: number, to: number): void;
  /** Signs of life that were answered. */
  answers(): number;
  close(): void;
}

/** How watches are spread. All streams share a hundred connections, where a connection holds many. */
export interface Spread {
  readonly streams: number;
  readonly watchesEach: number;
}

export const connectionsForStreams = 100;

/** Does something many times over, some at once. */
export async function inParallel<T>(
  count: number,
  atOnce: number,
  work: (i: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count);
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < count; i = next++) results[i] = await work(i);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
  return results;
}
