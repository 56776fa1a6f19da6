import { outboxEventsMax, pendingBytesMax, pendingWritesMax, sessionsMax, watchesMax } from "../limits.ts";
import type { Vitals } from "./vitals.ts";

/** Something that there is a bounded number of. */
export interface Bound {
  /** As metrics name it. */
  readonly limit: string;
  /** Infinite where nobody has set a limit. */
  readonly max: number;
  /** How many there are now. */
  used(): number;
}

/** The limits of the whole server, beyond which callers are refused. */
export function boundsOf(vitals: Vitals, { engine, memory }: NonNullable<Vitals["data"]>): readonly Bound[] {
  const { tree, watches, writes } = engine;
  return [
    { limit: "sessions", max: sessionsMax, used: () => tree.sessionCount },
    { limit: "watches", max: watchesMax, used: () => watches.count },
    {
      limit: "connections",
      max: vitals.connectionsMax,
      used: () => vitals.front?.connections.open ?? 0,
    },
    { limit: "write_queue_operations", max: pendingWritesMax, used: () => writes.waiting },
    { limit: "write_queue_bytes", max: pendingBytesMax, used: () => writes.waitingBytes },
    { limit: "watch_outbox_events", max: outboxEventsMax, used: () => watches.figures.waitingMost },
    { limit: "client_memory_bytes", max: memory.bytesMax, used: () => memory.heldBytes },
  ];
}
