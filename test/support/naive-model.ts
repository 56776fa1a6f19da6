import type { Caller, Operation } from "../../src/core/operation.ts";

const reserved = ["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"];

interface ModelNode {
  data: string;
  version: number;
  /** How many children were ever created, and ever deleted. */
  created: number;
  deleted: number;
  owner: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
}

/**
 * What the core should do, written as plainly as possible: one flat map, nothing cached, nothing shared with
 * the code under test. It takes well-formed paths only.
 */
export class NaiveModel {
  readonly nodes = new Map<string, ModelNode>();
  readonly sessions = new Set<number>();
  zxid = 0;

  constructor() {
    for (const path of reserved) this.nodes.set(path, newNode("", 0, 0));
  }

  /** Does the operation and answers the reason of its refusal, or the path or word that it succeeded with. */
  do(operation: Operation, caller: Caller): string {
    if (caller.sessionId !== undefined && !this.sessions.has(caller.sessionId)) return "SESSION_EXPIRED";
    const zxid = this.zxid + 1;
    const result = this.#change(operation, caller, zxid);
    if (result === result.toLowerCase() || result.startsWith("/")) this.zxid = zxid;
    return result;
  }

  children(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()].filter(
      (key) => key !== "/" && key.startsWith(prefix) && !key.slice(prefix.length).includes("/"),
    );
  }

  #change(operation: Operation, caller: Caller, zxid: number): string {
    switch (operation.op) {
      case "create":
        return this.#create(operation, caller, zxid);
      case "set": {
        const node = this.nodes.get(operation.path);
        if (node === undefined) return "NO_NODE";
        if (operation.version !== -1 && operation.version !== node.version) return "BAD_VERSION";
        node.data = Buffer.from(operation.data).toString();
        node.version += 1;
        node.mzxid = zxid;
        return "set";
      }
      case "delete": {
        const node = this.nodes.get(operation.path);
        if (reserved.includes(operation.path)) return "BAD_ARGUMENTS";
        if (node === undefined) return "NO_NODE";
        if (operation.version !== -1 && operation.version !== node.version) return "BAD_VERSION";
        if (this.children(operation.path).length > 0) return "NOT_EMPTY";
        this.#remove(operation.path, zxid);
        return "deleted";
      }
      case "openSession":
        this.sessions.add(zxid);
        return "opened";
      case "closeSession": {
        if (!this.sessions.delete(operation.sessionId)) return "SESSION_EXPIRED";
        for (const [path, node] of [...this.nodes]) {
          if (node.owner === operation.sessionId) this.#remove(path, zxid);
        }
        return "closed";
      }
      default:
        throw new Error(`the model does not know ${operation.op}`);
    }
  }

  #create(operation: Extract<Operation, { op: "create" }>, caller: Caller, zxid: number): string {
    const ephemeral = operation.mode.startsWith("ephemeral");
    if (ephemeral && caller.sessionId === undefined) return "SESSION_REQUIRED";
    const parent = this.#parent(operation.path);
    if (parent === undefined) return "NO_NODE";
    const number = operation.mode.endsWith("Sequential") ? String(parent.created).padStart(10, "0") : "";
    const path = operation.path + number;
    if (this.nodes.has(path)) return "NODE_EXISTS";
    if (parent.owner !== 0) return "NO_CHILDREN_FOR_EPHEMERALS";
    this.nodes.set(
      path,
      newNode(Buffer.from(operation.data).toString(), ephemeral ? caller.sessionId! : 0, zxid),
    );
    parent.created += 1;
    parent.pzxid = zxid;
    return path;
  }

  #remove(path: string, zxid: number): void {
    this.nodes.delete(path);
    const parent = this.#parent(path)!;
    parent.deleted += 1;
    parent.pzxid = zxid;
  }

  #parent(path: string): ModelNode | undefined {
    return this.nodes.get(path.replace(/\/[^/]*$/, "") || "/");
  }
}

function newNode(data: string, owner: number, zxid: number): ModelNode {
  return { data, version: 0, created: 0, deleted: 0, owner, czxid: zxid, mzxid: zxid, pzxid: zxid };
}
