import type { Client } from "./client.ts";
import { isCorralError } from "./errors.ts";
import { readsAtOnceMax } from "./limits.ts";
import { childOf, NodeValue, nameOf } from "./node.ts";
import type { WatchEvent } from "./watch-event.ts";

/**
 * The node as it is now, and then after each change; undefined while there is none. Reading and watching are one
 * step: nothing falls between them. Where the server no longer remembers what happened in between, the next value is
 * that of now.
 */
export async function* followNode(
  client: Client,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<NodeValue | undefined, undefined> {
  let last: NodeValue | undefined;
  let first = true;
  for (;;) {
    const { node, zxid } = await readNode(client, path, signal);
    if (first || !isSame(node, last)) yield node;
    first = false;
    last = node;
    try {
      const options = { depth: 0, withData: true, afterZxid: zxid, signal } as const;
      for await (const event of client.watch(path, options)) {
        if (isOld(event, last)) continue;
        last = await valueAfter(client, event, signal);
        yield last;
      }
      return undefined;
    } catch (error) {
      if (!isCorralError(error, ...readAnew)) throw error;
    }
  }
}

/** The children of a node after some change. */
export interface ChildrenView {
  /** Each child by its name. The same map each time, kept up to date. */
  readonly children: ReadonlyMap<string, NodeValue>;
  /** The names that were added, changed or removed since the view before. */
  readonly changed: readonly string[];
}

/** The children of a node with their data as they are now, and then after each change. The node may be missing. */
export async function* followChildren(
  client: Client,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ChildrenView, undefined> {
  const children = new Map<string, NodeValue>();
  let first = true;
  for (;;) {
    const { found, zxid } = await readChildren(client, path, signal);
    const changed = replace(children, found);
    if (first || changed.length > 0) yield { children, changed };
    first = false;
    try {
      const options = { depth: 1, withData: true, afterZxid: zxid, signal } as const;
      for await (const event of client.watch(path, options)) {
        if (event.path === path) continue;
        const name = nameOf(event.path);
        if (isOld(event, children.get(name))) continue;
        const value = await valueAfter(client, event, signal);
        const isNews = value === undefined ? children.delete(name) : children.set(name, value);
        if (isNews) yield { children, changed: [name] };
      }
      return undefined;
    } catch (error) {
      if (!isCorralError(error, ...readAnew)) throw error;
    }
  }
}

/** What cannot be told of is read anew. */
const readAnew = ["COMPACTED", "ZXID_AHEAD"] as const;

async function readNode(client: Client, path: string, signal: AbortSignal) {
  for (;;) {
    const { stat, zxid } = await client.look(path, { signal });
    if (stat === undefined) return { node: undefined, zxid };
    const node = await getOrMissing(client, path, signal);
    // It was deleted between the two calls.
    if (node !== undefined) return { node, zxid: node.zxid };
  }
}

/** The children may be newer than the zxid, from which they are to be watched. */
async function readChildren(client: Client, path: string, signal: AbortSignal) {
  const { zxid, stat } = await client.look(path, { signal });
  const found = new Map<string, NodeValue>();
  if (stat === undefined) return { found, zxid };
  const names: string[] = [];
  try {
    for await (const { name } of client.list(path, { signal })) names.push(name);
  } catch (error) {
    if (!isCorralError(error, "NO_NODE")) throw error;
    return { found, zxid };
  }
  for (let from = 0; from < names.length; from += readsAtOnceMax) {
    const paths = names.slice(from, from + readsAtOnceMax).map((name) => childOf(path, name));
    for (const node of await Promise.all(paths.map((child) => getOrMissing(client, child, signal)))) {
      if (node !== undefined) found.set(nameOf(node.path), node);
    }
  }
  return { found, zxid };
}

async function getOrMissing(client: Client, path: string, signal: AbortSignal) {
  try {
    return await client.get(path, { signal });
  } catch (error) {
    if (isCorralError(error, "NO_NODE")) return undefined;
    throw error;
  }
}

/** The node after an event; undefined when that deleted it. */
async function valueAfter(client: Client, event: WatchEvent, signal: AbortSignal) {
  const { kind, path, data, stat, zxid, dataOmitted } = event;
  if (kind === "nodeDeleted") return undefined;
  return dataOmitted ? await getOrMissing(client, path, signal) : new NodeValue(path, data, stat, zxid);
}

/** Whether a node that was read shows the event already. */
function isOld(event: WatchEvent, known: NodeValue | undefined): boolean {
  return known !== undefined && event.zxid <= known.zxid;
}

function replace(children: Map<string, NodeValue>, found: ReadonlyMap<string, NodeValue>): string[] {
  const changed = [...children.keys()].filter((name) => !found.has(name));
  for (const name of changed) children.delete(name);
  for (const [name, node] of found) {
    if (!isSame(node, children.get(name))) changed.push(name);
    children.set(name, node);
  }
  return changed;
}

/** A node created anew starts its versions again, so its creation counts too. */
function isSame(one: NodeValue | undefined, other: NodeValue | undefined): boolean {
  return one?.stat.czxid === other?.stat.czxid && one?.stat.mzxid === other?.stat.mzxid;
}
