import type { Refusal } from "../core/refusal.ts";
import { outboxBytesMax, outboxEventsMax } from "../limits.ts";
import type { Principal } from "./shares.ts";

export function noWatcher(id: number): Refusal {
  const message = `the stream has no watch ${id}; a one-shot watch is over once it has told its event`;
  return { reason: "NO_WATCHER", message, facts: { watch_id: id } };
}

export function tooManyWatches(holder: string, limit: number): Refusal {
  return {
    reason: "TOO_MANY_WATCHES",
    message: `the ${holder} has its ${limit} watches; cancel some, or watch a subtree instead of its nodes`,
    facts: { limit },
  };
}

export function tooManyOf({ kind, name, limit }: Principal): Refusal {
  const message = `the watches of ${name} have reached their limit of ${limit}; cancel some`;
  return { reason: "TOO_MANY_WATCHES", message, facts: { limit, [kind]: name } };
}

export function zxidAhead(expected: number, actual: number): Refusal {
  return {
    reason: "ZXID_AHEAD",
    message: `this server is at zxid ${actual} and has never reached ${expected}; read everything anew`,
    facts: { expected, actual },
    field: "after_zxid",
  };
}

export function tooManyPathBytes(holder: string, limit: number): Refusal {
  return {
    reason: "TOO_MANY_WATCHES",
    message: `the paths of the ${holder}'s watches have their ${limit} bytes; cancel some, or watch a subtree instead of its nodes`,
    facts: { limit },
  };
}

export function watcherTooSlow(lastZxid: number): Refusal {
  return {
    reason: "WATCHER_TOO_SLOW",
    message: `the client left ${outboxEventsMax} events or ${outboxBytesMax} bytes of this stream unread; watch again after zxid ${lastZxid}`,
    facts: { limit: outboxEventsMax, last_zxid: lastZxid },
  };
}
