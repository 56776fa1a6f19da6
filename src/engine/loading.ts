import { orphanedEphemerals } from "../core/invariants.ts";
import { forever, type NodeRecord } from "../core/node.ts";
import { parentOf, validatePath } from "../core/path.ts";
import type { RememberedRequest } from "../core/request.ts";
import { reservedChildren, reservedNodes } from "../core/reserved.ts";
import type { SessionRecord } from "../core/session.ts";
import { Tree } from "../core/tree.ts";
import { JournalUnusable, type StateSink } from "../journal/journal.ts";

/**
 * Builds the tree of what a journal has stored, and refuses what contradicts itself: a server that began with it would
 * act on it. It looks at each node as it comes, since a start must not take twice as long for it; `corral fsck` says all
 * that is wrong.
 */
export class Loading implements StateSink {
  readonly tree = new Tree();
  /** The nodes that have a lifetime. */
  readonly mortals: string[] = [];
  /** The parent of the node before: mostly that of the next one too. */
  #parent = "";

  /** @throws JournalUnusable */
  node(path: string, record: NodeRecord, data: Uint8Array): void {
    const badPath = validatePath(path);
    if (badPath !== undefined) throw broken(badPath.message);
    const parent = path === "/" ? "" : parentOf(path);
    if (parent !== this.#parent) this.#enter(parent, path);
    this.tree.loadNode(path, record, data);
    if (record.lifetimeMs !== forever) this.mortals.push(path);
  }

  session(session: SessionRecord): void {
    this.tree.putSession(session);
  }

  request(request: RememberedRequest): void {
    this.tree.putRequest(request);
  }

  /** Everything has come. @throws JournalUnusable */
  finish(lastZxid: number): Tree {
    this.#leave();
    for (const { path } of reservedNodes)
      if (this.tree.node(path) === undefined) throw broken(`${path} is missing`);
    this.tree.zxid = lastZxid;
    const [orphan] = orphanedEphemerals(this.tree);
    if (orphan !== undefined) throw broken(orphan);
    return this.tree;
  }

  #enter(parent: string, child: string): void {
    this.#leave();
    this.#parent = parent;
    if (parent === "") return;
    const record = this.tree.node(parent);
    if (record === undefined) throw broken(`${child} has no parent`);
    if (record.ephemeralOwner !== 0) throw broken(`${parent} is ephemeral and has children`);
  }

  /** Sequence numbers come from the count of creations. */
  #leave(): void {
    if (this.#parent === "") return;
    const { numChildren, creates } = this.tree.node(this.#parent)!;
    const counted = numChildren - (reservedChildren.get(this.#parent) ?? 0);
    if (counted > creates)
      throw broken(`${this.#parent} has ${counted} children, and counts ${creates} creations`);
  }
}

function broken(finding: string): JournalUnusable {
  return new JournalUnusable(
    `the database contradicts itself: ${finding}. corral fsck says what else is wrong; restore a backup`,
  );
}
