import type { Template } from "./template.ts";

/** A way to a server that takes requests as fast as they come and says when each is answered. */
export interface Channel {
  /** Told of each answer, by the tag of its request. Set by whoever sends. */
  answered: (tag: number, ok: boolean) => void;
  /** Told when the connection is lost. Set by whoever sends. */
  failed: (error: Error) => void;
  /** Gathers a request; `number` is what its template puts into its path. */
  send(template: Template, number: number, tag: number): void;
  /** Writes what was gathered. Not needed in `answered`: after a reading, everything goes out. */
  flush(): void;
  close(): void;
}
