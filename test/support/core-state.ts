import { apply } from "../../src/core/apply.ts";
import type { Transaction } from "../../src/core/change.ts";
import type { NodeRecord } from "../../src/core/node.ts";
import { anonymous, type Caller, type Operation } from "../../src/core/operation.ts";
import { prepare } from "../../src/core/prepare/prepare.ts";
import type { Prepared } from "../../src/core/prepare/prepared.ts";
import { reservedNodes } from "../../src/core/reserved.ts";
import { Tree } from "../../src/core/tree.ts";

/** Somebody who acts for a session. */
export type SessionCaller = Caller & { readonly sessionId: number };

/** A tree as a new server has it. */
export function newTree(): Tree {
  const tree = new Tree();
  for (const { path, record } of reservedNodes) tree.loadNode(path, record, new Uint8Array());
  return tree;
}

/** The core without storage: each operation is decided on the tree and applied to it at once. */
export class CoreState {
  readonly tree = newTree();
  timeMs = 1_000;
  /** Everything that has happened. */
  readonly history: Transaction[] = [];

  do(operation: Operation, caller: Caller = anonymous): Prepared {
    const stamp = { zxid: this.tree.zxid + 1, timeMs: this.timeMs };
    const prepared = prepare(operation, caller, this.tree, stamp);
    if (prepared.ok && prepared.changes.length > 0) this.#apply({ ...stamp, changes: prepared.changes });
    return prepared;
  }

  #apply(transaction: Transaction): void {
    apply(transaction, this.tree);
    this.tree.zxid = transaction.zxid;
    this.history.push(transaction);
  }

  create(path: string, data = "", caller?: Caller): Prepared {
    return this.do({ op: "create", path, data: Buffer.from(data), mode: "persistent" }, caller);
  }

  createMode(path: string, mode: Extract<Operation, { op: "create" }>["mode"], caller?: Caller): Prepared {
    return this.do({ op: "create", path, data: new Uint8Array(), mode }, caller);
  }

  set(path: string, data: string, version = -1): Prepared {
    return this.do({ op: "set", path, data: Buffer.from(data), version });
  }

  delete(path: string, version = -1): Prepared {
    return this.do({ op: "delete", path, version });
  }

  /** Opens a session and answers it as a caller. */
  session(owner = ""): { readonly sessionId: number } {
    this.do({ op: "openSession", secret: "secret", timeoutMs: 10_000, owner });
    return { sessionId: this.tree.zxid };
  }

  close({ sessionId }: { readonly sessionId: number }): Prepared {
    return this.do({ op: "closeSession", sessionId });
  }

  node(path: string): NodeRecord {
    const node = this.tree.node(path);
    if (node === undefined) throw new Error(`there is no node at ${path}`);
    return node;
  }
}

/** The reason of a refusal, or the word "ok". */
export function verdict(prepared: Prepared): string {
  return prepared.ok ? "ok" : prepared.refusal.reason;
}
