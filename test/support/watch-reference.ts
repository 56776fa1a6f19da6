import type { Transaction } from "../../src/core/change.ts";
import type { WatchSpec } from "../../src/core/watch.ts";
import { allows, type NaiveEntry, type NaiveIdentity, openList } from "./naive-acl.ts";

/** What a watch is told, as a test compares it. */
export interface ToldEvent {
  readonly zxid: number;
  readonly kind: string;
  readonly path: string;
  readonly data: string | undefined;
  readonly previousData: string | undefined;
  readonly version: number;
  readonly numChildren: number;
}

interface NaiveNode {
  data: string;
  version: number;
  acl: readonly NaiveEntry[];
}

/** An event, and the list that says who may know of it. */
interface GuardedEvent extends ToldEvent {
  readonly acl: readonly NaiveEntry[];
}

/**
 * What watches should be told, from the order of all transactions alone: a tree of its own is replayed, and the
 * trigger matrix is written down once more, naively. It shares nothing with the server but the operations' names
 * of changes, and does not look at the records and previous data that changes carry, but for the list of a node
 * that is created or given another one.
 */
export class WatchReference {
  readonly #nodes = new Map<string, NaiveNode>();
  readonly #events: GuardedEvent[] = [];
  lastZxid = 0;

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      this.#nodes.set(path, { data: "", version: 0, acl: openList });
    }
  }

  take({ zxid, changes }: Transaction): void {
    this.lastZxid = zxid;
    for (const change of changes) {
      if (!("path" in change)) continue;
      const { path } = change;
      const before = this.#nodes.get(path);
      if (change.kind === "nodeCreated") {
        if (before !== undefined) throw new Error(`${path} is created, and was there`);
        this.#nodes.set(path, { data: text(change.data), version: 0, acl: change.node.acl.entries });
        this.#tell(zxid, "nodeCreated", path, { data: text(change.data) });
      } else if (change.kind === "nodeDataSet") {
        this.#nodes.set(path, { ...before!, data: text(change.data), version: before!.version + 1 });
        this.#tell(zxid, "nodeDataChanged", path, { data: text(change.data), previousData: before!.data });
      } else if (change.kind === "nodeAclSet") {
        this.#nodes.set(path, { ...before!, acl: change.node.acl.entries });
      } else {
        this.#tell(zxid, "nodeDeleted", path, { previousData: before!.data });
        this.#nodes.delete(path);
      }
      if (change.kind === "nodeCreated" || change.kind === "nodeDeleted") {
        this.#tell(zxid, "nodeChildrenChanged", parent(path), {});
      }
    }
  }

  /** What a watch is told of the changes after one zxid, up to another, as far as its reader may know of them. */
  expected(
    { path, spec }: { readonly path: string; readonly spec: WatchSpec },
    identities: readonly NaiveIdentity[],
    after: number,
    through: number,
  ): ToldEvent[] {
    const all = this.#events.filter(
      (event) => event.zxid > after && event.zxid <= through && fires(path, spec, event),
    );
    // The first ends a one-shot watch, also if its reader may not know.
    const fired = isOneShot(spec) ? all.slice(0, 1) : all;
    const visible = fired.filter(({ acl }) => allows(acl, identities, "read"));
    const { withData, withPreviousData } = spec.form;
    return visible.map(({ acl: _, ...event }) => ({
      ...event,
      data: withData ? event.data : undefined,
      previousData: withPreviousData ? event.previousData : undefined,
    }));
  }

  #tell(zxid: number, kind: string, path: string, data: Partial<ToldEvent>): void {
    const { version, acl } = this.#nodes.get(path)!;
    const below = [...this.#nodes.keys()].filter((other) => other !== "/" && parent(other) === path);
    this.#events.push({
      zxid,
      kind,
      path,
      version,
      acl,
      numChildren: below.length,
      data: undefined,
      previousData: undefined,
      ...data,
    });
  }
}

export function isOneShot({ kind }: WatchSpec): boolean {
  return kind === "data" || kind === "exists" || kind === "children";
}

function fires(path: string, { kind, depth }: WatchSpec, event: ToldEvent): boolean {
  const onPath = event.path === path;
  const children = event.kind === "nodeChildrenChanged";
  switch (kind) {
    case "data":
    case "exists":
      return onPath && !children;
    case "children":
      return onPath && (children || event.kind === "nodeDeleted");
    case "persistent":
      return onPath;
    case "persistentRecursive":
      return !children && levelsBelow(path, event.path) >= 0;
    case "subtree": {
      const levels = levelsBelow(path, event.path);
      return !children && levels >= 0 && (depth === "all" || levels <= depth);
    }
  }
}

/** 0 for the path itself, 1 for its children; -1 if it is not below. */
function levelsBelow(path: string, other: string): number {
  if (other === path) return 0;
  const prefix = path === "/" ? "/" : `${path}/`;
  return other.startsWith(prefix) ? other.slice(prefix.length).split("/").length : -1;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString();
}
