import type { Verb, VerbEntry } from "./verb.ts";

function entry(summary: string, load: () => Promise<Verb>): VerbEntry {
  return { summary, load };
}

/** Everything that `corral` can do, in the order of its help. */
export const verbs: ReadonlyMap<string, VerbEntry> = new Map<string, VerbEntry>([
  ["serve", entry("run the server in the foreground", async () => (await import("./serve.ts")).serve)],
  [
    "server",
    entry("start, stop and restart a server in the background", async () => {
      return (await import("./server.ts")).server;
    }),
  ],
  [
    "config",
    entry("print the settings in force, and where each comes from", async () => {
      return (await import("./config.ts")).config;
    }),
  ],
  [
    "shell",
    entry("open a shell, as does `corral` alone", async () => (await import("./shell-verb.ts")).shell),
  ],
  [
    "completion",
    entry("print a completion script for a shell", async () => {
      return (await import("./completion-verb.ts")).completion;
    }),
  ],
  ["ls", entry("list the children of a node", async () => (await import("./verbs/ls.ts")).ls)],
  ["tree", entry("draw a subtree", async () => (await import("./verbs/tree.ts")).tree)],
  ["get", entry("print the data of nodes", async () => (await import("./verbs/get.ts")).get)],
  ["stat", entry("print what is known of a node", async () => (await import("./verbs/stat.ts")).stat)],
  ["create", entry("create a node", async () => (await import("./verbs/create.ts")).create)],
  ["set", entry("replace the data of a node", async () => (await import("./verbs/set.ts")).set)],
  ["delete", entry("delete a node", async () => (await import("./verbs/delete.ts")).deleteVerb)],
  ["deleteall", entry("delete a subtree", async () => (await import("./verbs/deleteall.ts")).deleteall)],
  ["watch", entry("follow the changes of a subtree", async () => (await import("./verbs/watch.ts")).watch)],
  [
    "history",
    entry("tell what happened to a node", async () => (await import("./verbs/history.ts")).history),
  ],
  ["find", entry("find nodes by name", async () => (await import("./verbs/find.ts")).find)],
  ["grep", entry("find nodes by their data", async () => (await import("./verbs/grep.ts")).grep)],
  [
    "transact",
    entry("do several things in one change", async () => (await import("./verbs/transact.ts")).transact),
  ],
  ["sync", entry("wait for the writes before", async () => (await import("./verbs/sync.ts")).sync)],
  ["getAcl", entry("print who may do what", async () => (await import("./verbs/get-acl.ts")).getAcl)],
  ["setAcl", entry("say who may do what", async () => (await import("./verbs/set-acl.ts")).setAcl)],
  ["whoami", entry("print who you are", async () => (await import("./verbs/whoami.ts")).whoami)],
  ["sessions", entry("list the open sessions", async () => (await import("./verbs/sessions.ts")).sessions)],
  [
    "ephemerals",
    entry("list ephemeral nodes", async () => (await import("./verbs/ephemerals.ts")).ephemerals),
  ],
  ["info", entry("tell how the server is", async () => (await import("./verbs/info.ts")).info)],
  ["expire", entry("end a session", async () => (await import("./verbs/expire.ts")).expire)],
  ["drain", entry("let a server run empty", async () => (await import("./verbs/drain.ts")).drain)],
  [
    "log-level",
    entry("set how much a server logs", async () => (await import("./verbs/log-level.ts")).logLevel),
  ],
  ["watches", entry("tell who watches", async () => (await import("./verbs/watches.ts")).watches)],
  ["setquota", entry("limit a subtree", async () => (await import("./verbs/setquota.ts")).setquota)],
  [
    "listquota",
    entry("print the limits of a subtree", async () => (await import("./verbs/listquota.ts")).listquota),
  ],
  [
    "delquota",
    entry("take the limits from a subtree", async () => (await import("./verbs/delquota.ts")).delquota),
  ],
  [
    "export",
    entry("write a subtree into a file", async () => (await import("./verbs/export.ts")).exportVerb),
  ],
  ["import", entry("read such a file", async () => (await import("./verbs/import.ts")).importVerb)],
  ["cp", entry("copy a subtree", async () => (await import("./verbs/cp.ts")).cp)],
  ["diff", entry("compare two subtrees", async () => (await import("./verbs/diff.ts")).diff)],
  ["backup", entry("write everything into a file", async () => (await import("./verbs/backup.ts")).backup)],
  [
    "restore",
    entry("make a data directory of a backup", async () => (await import("./verbs/restore.ts")).restore),
  ],
  ["fsck", entry("check a data directory", async () => (await import("./verbs/fsck.ts")).fsck)],
  [
    "run",
    entry("run a command, with an ephemeral node for it", async () => (await import("./verbs/run.ts")).run),
  ],
  ["lock", entry("run a command under a lock", async () => (await import("./verbs/lock.ts")).lock)],
]);
