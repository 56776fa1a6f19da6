import type {
  Caller,
  Condition,
  NodeOperation,
  Operation,
  ReadOperation,
  TransactOperation,
} from "../../src/core/operation.ts";
import {
  allows,
  type NaiveEntry,
  type NaivePermission,
  openList,
  storedList,
  toldOfList,
} from "./naive-acl.ts";

const reserved = ["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"];

export interface ModelNode {
  data: string;
  version: number;
  /** How many children were ever created, and ever deleted. */
  created: number;
  deleted: number;
  owner: number;
  /** The create mode without its number. */
  mode: string;
  ttlMs: number;
  acl: readonly NaiveEntry[];
  aversion: number;
  mtimeMs: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
}

const limitsName = /^\/zookeeper\/quota(\/.*)?\/zookeeper_limits$/;
const statsName = /^\/zookeeper\/quota(\/.*)?\/zookeeper_stats$/;

const byteLength = (text: string) => Buffer.byteLength(text);

function isInside(path: string, quotaPath: string): boolean {
  return /^\/zookeeper(\/|$)/.test(path) ? false : `${path}/`.startsWith(`${quotaPath}/`.replace("//", "/"));
}

function checkQuotaNode(operation: NodeOperation): void {
  const { op, path } = operation;
  if (op === "delete" || (op === "create" && operation.mode.includes("Sequential"))) return;
  const sets = op === "set" || operation.ifExists === "set" || operation.ifExists === "takeOver";
  if (statsName.test(path) && sets) refuse("BAD_ARGUMENTS");
}

/** Once it is known that the caller may write there. */
function checkLimits(path: string, data: Uint8Array): void {
  if (limitsName.test(path) && Buffer.from(data).toString() === "nonsense") refuse("BAD_ARGUMENTS");
}

/** What came of an operation: the reason of its refusal, or what its caller is told in a few words. */
export interface ModelAnswer {
  readonly refused?: string;
  readonly told?: string;
}

/** Thrown and caught inside the model. */
class Refusal extends Error {}

function refuse(reason: string): never {
  throw new Refusal(reason);
}

/**
 * What the core should do, written as plainly as possible: one flat map, nothing cached, nothing shared with
 * the code under test; what fails is undone by going back to a copy. It takes well-formed paths only.
 */
export class NaiveModel {
  nodes = new Map<string, ModelNode>();
  /** The owner of each. */
  sessions = new Map<number, string>();
  /** What was asked for and told under each request key. */
  answers = new Map<string, { readonly fingerprint: string; readonly told: string }>();
  zxid = 0;
  timeMs = 0;
  /** The operation under way has changed something. */
  #changed = false;
  /** Who asks for it. */
  #identities: NonNullable<Caller["identities"]> = [];

  constructor() {
    for (const path of reserved) this.nodes.set(path, this.#newNode("", 0));
    const acl = [{ scheme: "world", id: "anyone", permissions: 1 }];
    Object.assign(this.nodes.get("/zookeeper/config")!, { acl, aversion: -1 });
  }

  copy(): NaiveModel {
    const copy = new NaiveModel();
    copy.nodes = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    copy.sessions = new Map(this.sessions);
    copy.answers = new Map(this.answers);
    copy.zxid = this.zxid;
    copy.timeMs = this.timeMs;
    return copy;
  }

  do(operation: Operation, caller: Caller): ModelAnswer {
    const before = this.copy();
    this.#changed = false;
    this.#identities = caller.identities ?? [];
    try {
      const { request } = caller;
      const before = request && this.answers.get(request.key);
      const ended = caller.sessionId !== undefined && !this.sessions.has(caller.sessionId);
      if (ended && before?.fingerprint !== (request?.fingerprint ?? "none")) refuse("SESSION_EXPIRED");
      if (before !== undefined) {
        return before.fingerprint === request?.fingerprint ? before : { refused: "REQUEST_ID_REUSED" };
      }
      const told = this.#do(operation, caller, this.zxid + 1);
      if (this.#changed) this.zxid += 1;
      if (this.#changed && request) this.answers.set(request.key, { ...request, told });
      return { told };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.nodes = before.nodes;
      this.sessions = before.sessions;
      return { refused: error.message };
    }
  }

  children(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.nodes.keys()].filter(
      (key) => key !== "/" && key.startsWith(prefix) && !key.slice(prefix.length).includes("/"),
    );
  }

  /** The data as they are shown. */
  dataOf(path: string): string {
    const match = statsName.exec(path);
    const quotaPath = match === null ? undefined : (match[1] ?? "/");
    if (quotaPath === undefined || !this.quotaPaths().includes(quotaPath)) return this.nodes.get(path)!.data;
    const { count, bytes } = this.usage(quotaPath);
    return `count=${count},bytes=${bytes}`;
  }

  quotaPaths(): string[] {
    return [...this.nodes.keys()].flatMap((path) => {
      const match = limitsName.exec(path);
      return match === null ? [] : [match[1] ?? "/"];
    });
  }

  usage(quotaPath: string): { count: number; bytes: number } {
    const inside = [...this.nodes].filter(([path]) => isInside(path, quotaPath));
    return { count: inside.length, bytes: inside.reduce((sum, [, { data }]) => sum + byteLength(data), 0) };
  }

  /** Refuses nodes that grow beyond a hard limit. */
  #checkQuotas(grows: readonly { path: string; count: number; bytes: number }[]): void {
    for (const quotaPath of this.quotaPaths()) {
      const { data } = this.nodes.get(`/zookeeper/quota${quotaPath}/zookeeper_limits`.replace("//", "/"))!;
      const usage = this.usage(quotaPath);
      for (const [kind, key] of [
        ["count", "countHardLimit"],
        ["bytes", "byteHardLimit"],
      ] as const) {
        const limit = new RegExp(`${key}=(\\d+)`).exec(data)?.[1];
        const inside = grows.filter(({ path }) => isInside(path, quotaPath));
        const by = inside.reduce((sum, grow) => sum + grow[kind], 0);
        if (limit !== undefined && by > 0 && usage[kind] + by > Number(limit)) refuse("QUOTA_EXCEEDED");
      }
    }
  }

  #do(operation: Operation, caller: Caller, zxid: number): string {
    switch (operation.op) {
      case "create":
      case "set":
      case "delete":
        return this.#change(operation, caller, zxid);
      case "transact": {
        const { conditions, operations, elseOperations } = operation;
        const broken = conditions.map((condition) => this.#broken(condition));
        if (broken.includes("NO_AUTH")) refuse("NO_AUTH");
        const holds = broken.every((reason) => reason === undefined);
        const results = (holds ? operations : elseOperations).map((each) => this.#part(each, caller, zxid));
        return `${holds ? "then" : "else"}: ${results.join(", ")}`;
      }
      case "setAcl":
        return this.#setAcl(operation);
      case "read":
        return this.#read(operation.operation);
      case "openSession":
        this.#changed = true;
        this.sessions.set(zxid, operation.owner ?? "");
        return "opened";
      case "closeSession": {
        if (!this.sessions.delete(operation.sessionId)) refuse("SESSION_EXPIRED");
        this.#changed = true;
        for (const [path, node] of [...this.nodes]) {
          if (node.owner === operation.sessionId) this.#remove(path, zxid);
        }
        return "closed";
      }
      case "reap": {
        let gone = 0;
        for (let path = operation.path; this.#isDue(path); gone++) {
          this.#remove(path, zxid);
          path = path.replace(/\/[^/]*$/, "") || "/";
        }
        return `reaped ${gone}`;
      }
      default:
        throw new Error(`the model does not know ${operation.op}`);
    }
  }

  #part(operation: TransactOperation, caller: Caller, zxid: number): string {
    switch (operation.op) {
      case "check": {
        const reason = this.#broken(operation.condition);
        return reason === undefined ? "holds" : refuse(reason);
      }
      case "create":
      case "set":
      case "delete":
        return this.#change(operation, caller, zxid);
      default:
        return this.#read(operation);
    }
  }

  #isDue(path: string): boolean {
    const node = this.nodes.get(path);
    if (node === undefined || this.children(path).length > 0) return false;
    if (node.mode === "container") return node.created > 0;
    return node.mode === "persistentWithTtl" && this.timeMs - node.mtimeMs > node.ttlMs;
  }

  /** The reason why a condition does not hold. */
  #broken(condition: Condition): string | undefined {
    const { path, test, expected } = condition;
    const node = this.nodes.get(path);
    if (node !== undefined && !this.#may("read", node)) return "NO_AUTH";
    if (test === "exists") {
      if (expected) return node === undefined ? "NO_NODE" : undefined;
      return node === undefined ? undefined : "NODE_EXISTS";
    }
    if (node === undefined) return "NO_NODE";
    if (test === "version") return expected === -1 || expected === node.version ? undefined : "BAD_VERSION";
    const actual = {
      data: this.dataOf(path),
      czxid: node.czxid,
      aversion: node.aversion,
      numChildren: this.children(path).length,
    }[test];
    const wanted = typeof expected === "number" ? expected : Buffer.from(expected).toString();
    return actual === wanted ? undefined : "CONDITION_FAILED";
  }

  #change(operation: NodeOperation, caller: Caller, zxid: number): string {
    checkQuotaNode(operation);
    switch (operation.op) {
      case "create":
        return this.#create(operation, caller, zxid);
      case "set": {
        const { path, data, version } = operation;
        const node = this.#node(path);
        this.#allow("write", node);
        checkLimits(path, data);
        this.#checkQuotas([{ path, count: 0, bytes: data.length - byteLength(node.data) }]);
        if (version !== -1 && version !== node.version) refuse("BAD_VERSION");
        return this.#set(node, data, zxid);
      }
      case "delete": {
        if (reserved.includes(operation.path)) refuse("BAD_ARGUMENTS");
        this.#allow("delete", this.#parent(operation.path) ?? refuse("NO_NODE"));
        const node = this.#node(operation.path);
        if (operation.version !== -1 && operation.version !== node.version) refuse("BAD_VERSION");
        if (operation.recursive) this.#removeBelow(operation.path, zxid);
        if (this.children(operation.path).length > 0) refuse("NOT_EMPTY");
        this.#remove(operation.path, zxid);
        return "deleted";
      }
    }
  }

  #set(node: ModelNode, data: Uint8Array, zxid: number): string {
    node.data = Buffer.from(data).toString();
    node.version += 1;
    node.mzxid = zxid;
    node.mtimeMs = this.timeMs;
    this.#changed = true;
    return "set";
  }

  #create(operation: Extract<Operation, { op: "create" }>, caller: Caller, zxid: number): string {
    const ephemeral = operation.mode.startsWith("ephemeral");
    const { ttlMs = 0 } = operation;
    if (operation.mode.endsWith("Ttl") ? ttlMs < 1 || ttlMs >= 2 ** 40 : ttlMs !== 0) refuse("BAD_ARGUMENTS");
    const { ifExists = "fail" } = operation;
    if (ifExists === "takeOver" && !ephemeral) refuse("BAD_ARGUMENTS");
    if (ifExists !== "fail" && operation.mode.includes("Sequential")) refuse("BAD_ARGUMENTS");
    if (ephemeral && caller.sessionId === undefined) refuse("SESSION_REQUIRED");
    const acl = operation.acl === undefined ? openList : this.#list(operation.acl);
    const above = operation.path.replace(/\/[^/]*$/, "") || "/";
    if (operation.parents !== undefined && !this.nodes.has(above)) {
      const make = { op: "create", path: above, data: new Uint8Array(), mode: operation.parents } as const;
      this.#create({ ...make, acl, parents: operation.parents }, caller, zxid);
    } else {
      this.#allow("create", this.#node(above));
    }
    const parent = this.#node(above);
    let created = parent.created;
    const nameOf = () => operation.path + String(created).padStart(10, "0");
    const sequential = operation.mode.includes("Sequential");
    if (!sequential) checkLimits(operation.path, operation.data);
    while (sequential && this.nodes.has(nameOf())) created++;
    const path = sequential ? nameOf() : operation.path;
    const existing = this.nodes.get(path);
    if (existing !== undefined) {
      if (ifExists === "fail") {
        if (!statsName.test(path) || !this.#may("read", existing)) refuse("NODE_EXISTS");
        return `${path} existed`;
      }
      this.#allow(ifExists === "get" ? "read" : "write", existing);
      if (ifExists === "get") return `${path} existed with ${this.dataOf(path)}`;
      if (ifExists === "takeOver") this.#takeOver(existing, parent, caller.sessionId!);
      this.#checkQuotas([{ path, count: 0, bytes: operation.data.length - byteLength(existing.data) }]);
      this.#set(existing, operation.data, zxid);
      return `${path} existed`;
    }
    if (parent.owner !== 0) refuse("NO_CHILDREN_FOR_EPHEMERALS");
    this.#checkQuotas([{ path, count: 1, bytes: operation.data.length }]);
    const node = this.#newNode(statsName.test(path) ? "" : Buffer.from(operation.data).toString(), zxid);
    node.owner = ephemeral ? caller.sessionId! : 0;
    node.mode = operation.mode.replace("Sequential", "");
    node.ttlMs = ttlMs;
    node.acl = acl;
    this.nodes.set(path, node);
    parent.created = created + 1;
    parent.pzxid = zxid;
    this.#changed = true;
    const stats = path.replace(/_limits$/, "_stats");
    if (limitsName.test(path) && !this.nodes.has(stats)) {
      const make = { op: "create", path: stats, data: new Uint8Array(), mode: "persistent", acl } as const;
      this.#create(make, caller, zxid);
    }
    return path;
  }

  #takeOver(node: ModelNode, parent: ModelNode, sessionId: number): void {
    if (node.owner === sessionId) return;
    this.#allow("delete", parent);
    const owner = this.sessions.get(sessionId);
    const isOurs = owner !== "" && node.owner !== 0 && this.sessions.get(node.owner) === owner;
    if (!isOurs) refuse("NODE_EXISTS");
    node.owner = sessionId;
  }

  #remove(path: string, zxid: number): void {
    this.nodes.delete(path);
    const parent = this.#parent(path)!;
    parent.deleted += 1;
    parent.pzxid = zxid;
    this.#changed = true;
  }

  #removeBelow(path: string, zxid: number): void {
    for (const child of this.children(path)) {
      this.#allow("delete", this.#node(path));
      this.#removeBelow(child, zxid);
      this.#remove(child, zxid);
    }
  }

  #node(path: string): ModelNode {
    return this.nodes.get(path) ?? refuse("NO_NODE");
  }

  #parent(path: string): ModelNode | undefined {
    return this.nodes.get(path.replace(/\/[^/]*$/, "") || "/");
  }

  #newNode(data: string, zxid: number): ModelNode {
    const counts = { version: 0, created: 0, deleted: 0 };
    const life = { owner: 0, mode: "persistent", ttlMs: 0, mtimeMs: this.timeMs };
    const guard = { acl: openList, aversion: 0 };
    return { data, ...counts, ...life, ...guard, czxid: zxid, mzxid: zxid, pzxid: zxid };
  }

  #read(operation: ReadOperation): string {
    const { path } = operation;
    if (operation.op === "exists" && !this.nodes.has(path)) return "missing";
    const node = this.#node(path);
    const isAdmin = this.#may("admin", node);
    if (operation.op === "getAcl" && isAdmin) return toldOfList(node.acl, true);
    this.#allow("read", node);
    switch (operation.op) {
      case "get":
        return this.dataOf(path);
      case "exists":
        return "there";
      case "getAcl":
        return toldOfList(node.acl, false);
      case "list": {
        const names = this.children(path).map((child) => child.slice(child.lastIndexOf("/") + 1));
        const wanted = names.sort().filter((name) => name > operation.after);
        const more = wanted.length > operation.countMax ? " and more" : "";
        const told = wanted.slice(0, operation.countMax).map((name) => {
          const child = this.#node(path === "/" ? `/${name}` : `${path}/${name}`);
          return operation.withStats && this.#may("read", child) ? `${name} with its Stat` : name;
        });
        return `${told.join(" ")}${more}`;
      }
    }
  }

  #setAcl({ path, acl, aversion, recursive }: Extract<Operation, { op: "setAcl" }>): string {
    const stored = this.#list(acl);
    const top = this.#node(path);
    this.#allow("admin", top);
    if (aversion !== -1 && aversion !== top.aversion) refuse("BAD_VERSION");
    for (const [each, node] of this.nodes) {
      const isBelow = path === "/" || each.startsWith(`${path}/`);
      if (each !== path && !(recursive && isBelow)) continue;
      this.#allow("admin", node);
      node.acl = stored;
      node.aversion += 1;
    }
    this.#changed = true;
    return "guarded";
  }

  #list(asked: readonly NaiveEntry[]): readonly NaiveEntry[] {
    return storedList(asked, this.#identities) ?? refuse("INVALID_ACL");
  }

  #may(permission: NaivePermission, { acl }: ModelNode): boolean {
    return allows(acl, this.#identities, permission);
  }

  #allow(permission: NaivePermission, node: ModelNode): void {
    if (!this.#may(permission, node)) refuse("NO_AUTH");
  }
}
