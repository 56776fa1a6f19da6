import { EphemeralIndex, type EphemeralSum } from "./ephemeral-index.ts";
import type { NodeRecord } from "./node.ts";
import { NodeTable } from "./node-table.ts";
import { ownString, pack, unpack } from "./packed-data.ts";
import { childPath, nameOf, parentOf } from "./path.ts";
import {
  aclBytesCounted,
  type QuotaLimits,
  quotaOfLimits,
  statsData,
  storedLimits,
  type Usage,
} from "./quota.ts";
import type { RememberedRequest } from "./request.ts";
import { RequestMemory } from "./request-memory.ts";
import type { SessionRecord } from "./session.ts";
import type { StateWriter } from "./state.ts";

/** A page of children to read. */
export interface Page {
  /** The name after which the page starts; "" for the first. */
  readonly after: string;
  readonly countMax: number;
  readonly bytesMax: number;
}

/** The visible state: what every read is answered from. It holds durable changes only. */
export class Tree implements StateWriter {
  /** The zxid of the last change applied. */
  zxid = 0;
  readonly #table = new NodeTable();
  #root = noRow;
  #nodeCount = 0;
  #ephemeralNodeCount = 0;
  /** The node that was found last: the nodes of a subtree are often created, or deleted, one after the other. */
  #lastPath = "/";
  #lastRow = noRow;
  /** The path that was looked for in vain last: what is created is looked for several times before. */
  #missingPath = "";
  readonly #sessions = new Map<number, SessionRecord>();
  readonly requestMemory = new RequestMemory();
  readonly #ephemerals = new EphemeralIndex();
  readonly #quotas = new Map<string, QuotaLimits>();

  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** How many access control lists nodes have beside the open one. */
  get aclCount(): number {
    return this.#table.aclCount;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  node(path: string): NodeRecord | undefined {
    const row = this.#find(path);
    if (row === noRow) return undefined;
    const record = this.#table.read(row);
    const stats = statsData(path, this);
    return stats === undefined ? record : { ...record, dataLength: stats.length };
  }

  /** The node's data, to be treated as read-only. */
  data(path: string): Uint8Array | undefined {
    const row = this.#find(path);
    return row === noRow ? undefined : (statsData(path, this) ?? unpack(this.#table.data(row)));
  }

  /** The names of a node's children, in order; none if there is no such node. */
  list(path: string, page: Page): { names: string[]; more: boolean } {
    const names: string[] = [];
    let bytes = 0;
    for (const name of this.childNames(path, page.after)) {
      if (names.length === page.countMax || bytes >= page.bytesMax) return { names, more: true };
      names.push(name);
      bytes += Buffer.byteLength(name);
    }
    return { names, more: false };
  }

  *childNames(path: string, after = ""): Generator<string> {
    const row = this.#find(path);
    const children = row === noRow ? undefined : this.#table.family(row)?.children;
    if (children === undefined) return;
    for (const child of children.after(after)) yield this.#table.name(child);
  }

  session(id: number): SessionRecord | undefined {
    return this.#sessions.get(id);
  }

  sessions(): IterableIterator<SessionRecord> {
    return this.#sessions.values();
  }

  ephemeralSumMax(sessionId: number): EphemeralSum {
    return this.#ephemerals.sum(sessionId);
  }

  ephemeralSum(sessionId: number): EphemeralSum {
    return this.#ephemerals.sum(sessionId);
  }

  ephemeralsOf(sessionId: number): readonly string[] {
    return [...this.#ephemerals.of(sessionId)];
  }

  usage(path: string): Usage {
    const { count, bytes } = this.#subtree(path);
    if (path !== "/") return { count, bytes };
    const free = this.#subtree("/zookeeper");
    return { count: count - free.count, bytes: bytes - free.bytes };
  }

  get hasQuotas(): boolean {
    return this.#quotas.size > 0;
  }

  quotaLimits(path: string): QuotaLimits | undefined {
    return this.#quotas.get(path);
  }

  /** How many ephemeral nodes there are. */
  get ephemeralNodeCount(): number {
    return this.#ephemeralNodeCount;
  }

  /** The sessions that own at least one ephemeral node. */
  ephemeralOwners(): IterableIterator<number> {
    return this.#ephemerals.owners();
  }

  request(key: string): RememberedRequest | undefined {
    return this.requestMemory.get(key);
  }

  /** In the order of their zxids. */
  requests(): IterableIterator<RememberedRequest> {
    return this.requestMemory.values();
  }

  putRequest(request: RememberedRequest): void {
    this.requestMemory.put(request);
  }

  forgetRequest(zxid: number): void {
    this.requestMemory.forget(zxid);
  }

  putNode(path: string, record: NodeRecord, data?: Uint8Array): void {
    let row = this.#find(path);
    const isNew = row === noRow;
    if (isNew) row = this.#add(path);
    this.#moveEphemeral(path, this.#table.ephemeralOwner(row), record.ephemeralOwner);
    this.#table.write(row, record);
    const dataBytes = data === undefined ? 0 : this.#setData(row, path, data);
    this.#countAbove(row, Number(isNew), isNew ? dataBytes + aclBytesCounted(record.acl) : dataBytes);
  }

  putAcl(path: string, record: NodeRecord): void {
    const row = this.#find(path);
    const bytes = aclBytesCounted(record.acl) - aclBytesCounted(this.#table.acl(row));
    this.putNode(path, record);
    this.#countAbove(row, 0, bytes);
  }

  /** Takes in a stored node, of which the number of children is not stored: its children count themselves. */
  loadNode(path: string, record: NodeRecord, data: Uint8Array): void {
    this.putNode(path, { ...record, numChildren: 0 }, data);
    if (path === "/") return;
    const parent = this.#table.parent(this.#find(path));
    const parentRecord = this.#table.read(parent);
    this.#table.write(parent, { ...parentRecord, numChildren: parentRecord.numChildren + 1 });
  }

  removeNode(path: string): void {
    const row = this.#find(path);
    this.#moveEphemeral(path, this.#table.ephemeralOwner(row), 0);
    this.#countAbove(row, -1, -this.#bytesOf(row));
    const quotaPath = quotaOfLimits(path);
    if (quotaPath !== undefined) this.#quotas.delete(quotaPath);
    const parent = this.#table.parent(row);
    this.#remember(parentOf(path), parent);
    this.#table.unlink(parent, row);
    this.#table.remove(row);
    this.#nodeCount--;
  }

  putSession(session: SessionRecord): void {
    this.#sessions.set(session.id, session);
  }

  removeSession(id: number): void {
    this.#sessions.delete(id);
  }

  /** Answers by how many bytes the node grew. */
  #setData(row: number, path: string, data: Uint8Array): number {
    const before = this.#table.data(row).length;
    this.#table.setData(row, pack(data));
    const quotaPath = quotaOfLimits(path);
    if (quotaPath !== undefined) this.#quotas.set(quotaPath, storedLimits(data));
    return data.length - before;
  }

  /** Every node knows what is below it: less work than finding it was, and a quota never has to count. */
  #countAbove(row: number, count: number, bytes: number): void {
    if (count === 0 && bytes === 0) return;
    for (let at = this.#table.parent(row); at !== noRow; at = this.#table.parent(at)) {
      const family = this.#table.family(at)!;
      family.nodesBelow += count;
      family.bytesBelow += bytes;
    }
  }

  #subtree(path: string): Usage {
    const row = this.#find(path);
    if (row === noRow) return { count: 0, bytes: 0 };
    const { nodesBelow = 0, bytesBelow = 0 } = this.#table.family(row) ?? {};
    return { count: 1 + nodesBelow, bytes: this.#bytesOf(row) + bytesBelow };
  }

  #bytesOf(row: number): number {
    return this.#table.data(row).length + aclBytesCounted(this.#table.acl(row));
  }

  /** Keeps the index of ephemeral nodes; 0 is no owner. */
  #moveEphemeral(path: string, from: number, to: number): void {
    if (from === to) return;
    this.#ephemerals.delete(from, path);
    this.#ephemeralNodeCount += Number(to !== 0) - Number(from !== 0);
    if (to !== 0) this.#ephemerals.add(to, path);
  }

  #add(path: string): number {
    this.#nodeCount++;
    this.#missingPath = "";
    if (path === "/") {
      this.#root = this.#table.add(noRow, "");
      return this.#root;
    }
    const parent = this.#find(parentOf(path));
    if (parent === noRow) throw new Error(`the parent of ${path} does not exist`);
    const row = this.#table.add(parent, ownString(nameOf(path)));
    this.#table.link(parent, row);
    return row;
  }

  /** Walks the path name by name, from the node found last if the path leads through it; malformed ones lead nowhere. */
  #find(path: string): number {
    if (path === "/") return this.#root;
    if (path === this.#lastPath) return this.#lastRow;
    if (path === this.#missingPath) return noRow;
    if (path.charCodeAt(0) !== slash) return noRow;
    // Below the root nothing is left out, so that an empty name leads nowhere.
    const isUnder = path.charCodeAt(this.#lastPath.length) === slash && path.startsWith(this.#lastPath);
    const below = isUnder && this.#lastRow !== this.#root;
    let row = below ? this.#lastRow : this.#root;
    for (let start = below ? this.#lastPath.length + 1 : 1; row !== noRow; ) {
      const end = path.indexOf("/", start);
      const name = end === -1 ? path.slice(start) : path.slice(start, end);
      row = this.#table.family(row)?.children?.find(name) ?? noRow;
      if (end === -1) break;
      start = end + 1;
    }
    if (row === noRow) this.#missingPath = path;
    else this.#remember(path, row);
    return row;
  }

  #remember(path: string, row: number): void {
    this.#lastPath = path;
    this.#lastRow = row;
  }

  /** Every path, parents first; for checks and tests. */
  *paths(from = "/"): Generator<string> {
    const pending = [from];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      yield path;
      for (const name of this.childNames(path)) pending.push(childPath(path, name));
    }
  }
}

const noRow = -1;
const slash = 0x2f;
