import type { Verb } from "./verb.ts";

interface VerbEntry {
  readonly summary: string;
  /** Verbs are loaded when they are used: none pays for another's imports. */
  load(): Promise<Verb>;
}

/** Everything that `corral` can do, in the order of its help. */
export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>([
  [
    "serve",
    { summary: "run the server in the foreground", load: async () => (await import("./serve.ts")).serve },
  ],
  [
    "server",
    {
      summary: "start, stop and restart a server in the background, and ask how it is",
      load: async () => (await import("./server.ts")).server,
    },
  ],
  [
    "config",
    {
      summary: "print the settings in force, and where each comes from",
      load: async () => (await import("./config.ts")).config,
    },
  ],
  [
    "run",
    {
      summary: "run a command while an ephemeral node stands for it",
      load: async () => (await import("./verbs/run.ts")).run,
    },
  ],
  [
    "lock",
    {
      summary: "run a command while holding a lock",
      load: async () => (await import("./verbs/lock.ts")).lock,
    },
  ],
  ["ls", { summary: "list the children of a node", load: async () => (await import("./verbs/ls.ts")).ls }],
]);
