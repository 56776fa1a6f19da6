import { EphemeralIndex, type EphemeralSum, noEphemerals, withEphemeral } from "./ephemeral-index.ts";
import type { NodeRecord } from "./node.ts";
import { childPath, nameOf, parentOf } from "./path.ts";
import { aclBytesCounted, bytesCounted, type QuotaLimits, statsData, type Usage } from "./quota.ts";
import type { RememberedRequest } from "./request.ts";
import { RequestMemory } from "./request-memory.ts";
import type { SessionRecord } from "./session.ts";
import { addTo, type Names } from "./staged-names.ts";
import { StagedQuotas } from "./staged-quotas.ts";
import type { StateReader, StateWriter } from "./state.ts";

/**
 * The visible state plus the changes that wait for the disk: what the next operation is decided on, so that
 * pipelined writes see each other before anybody else sees them. ZooKeeper's outstandingChangesForPath.
 *
 * An entry holds what a path or session will be after the last staged change of it; undefined means gone.
 */
export class Staging implements StateWriter {
  readonly #base: StateReader;
  /** Both in the order of their zxids. */
  #nodes = new Map<string, Entry<StagedNode>>();
  readonly #sessions = new Map<number, Entry<SessionRecord>>();
  /**
   * The names of the entries' nodes, by the paths of their parents; from when somebody lists until nothing is
   * staged: all writes pass here, and few operations list.
   */
  #children: Map<string, Names> | undefined;
  /** The paths of the entries that are ephemeral nodes, by owner. */
  readonly #ephemerals = new EphemeralIndex();
  /** Of the sessions that somebody asked for. What becomes visible changes none: they count what is staged too. */
  readonly #ephemeralSums = new Map<number, EphemeralSum>();
  /** As they will be: what to forget is decided on all of them. Undefined while nobody needs that. */
  #requests: RequestMemory | undefined;
  /** What staged changes made of them, in the order of their zxids. */
  readonly #requestSteps: RequestStep[] = [];
  readonly #quotas: StagedQuotas;
  #sessionCount: number;
  #zxid = 0;

  constructor(base: StateReader) {
    this.#base = base;
    this.#sessionCount = base.sessionCount;
    this.#quotas = new StagedQuotas(base);
  }

  get sessionCount(): number {
    return this.#sessionCount;
  }

  node(path: string): NodeRecord | undefined {
    const entry = this.#nodes.get(path);
    const record = entry === undefined ? this.#base.node(path) : entry.value?.record;
    const stats = record && statsData(path, this);
    return stats === undefined ? record : { ...record!, dataLength: stats.length };
  }

  data(path: string): Uint8Array | undefined {
    const entry = this.#nodes.get(path);
    const stats = statsData(path, this);
    if (stats !== undefined) return this.node(path) && stats;
    if (entry === undefined) return this.#base.data(path);
    return entry.value && (entry.value.data ?? this.#base.data(path));
  }

  *childNames(path: string, after = ""): Generator<string> {
    this.#children ??= this.#indexed();
    const staged = this.#children.get(path)?.after(after);
    let next = staged?.next().value;
    for (const name of this.#base.childNames(path, after)) {
      for (; next !== undefined && next < name; next = staged!.next().value) yield* this.#ifThere(path, next);
      if (next !== name) yield name;
    }
    for (; next !== undefined; next = staged!.next().value) yield* this.#ifThere(path, next);
  }

  session(id: number): SessionRecord | undefined {
    const entry = this.#sessions.get(id);
    return entry === undefined ? this.#base.session(id) : entry.value;
  }

  ephemeralSumMax(sessionId: number): EphemeralSum {
    const below = this.#base.ephemeralSumMax(sessionId);
    const staged = this.#ephemerals.sum(sessionId);
    return { count: below.count + staged.count, pathBytes: below.pathBytes + staged.pathBytes };
  }

  ephemeralSum(sessionId: number): EphemeralSum {
    const known = this.#ephemeralSums.get(sessionId);
    if (known !== undefined) return known;
    const paths = this.ephemeralsOf(sessionId);
    const sum = paths.reduce((sum, path) => withEphemeral(sum, path, 1), noEphemerals);
    this.#ephemeralSums.set(sessionId, sum);
    return sum;
  }

  ephemeralsOf(sessionId: number): readonly string[] {
    const candidates = new Set(this.#base.ephemeralsOf(sessionId));
    for (const path of this.#ephemerals.of(sessionId)) candidates.add(path);
    return [...candidates].filter((path) => this.node(path)?.ephemeralOwner === sessionId);
  }

  usage(path: string): Usage {
    return this.#quotas.usage(path);
  }

  get hasQuotas(): boolean {
    return this.#quotas.hasQuotas;
  }

  quotaLimits(path: string): QuotaLimits | undefined {
    return this.#quotas.quotaLimits(path);
  }

  /** The quota of a path stays here as it is now: for a state that is laid over one that goes on. */
  holdQuota(path: string): void {
    this.#quotas.hold(path);
  }

  /** The following changes are those of this zxid. */
  begin(zxid: number): void {
    this.#zxid = zxid;
  }

  putNode(path: string, record: NodeRecord, data?: Uint8Array): void {
    const before = this.#nodes.get(path)?.value?.data;
    this.#recount(path, record.ephemeralOwner);
    if (data !== undefined) this.#countNode(path, record, data);
    this.#unindex(path);
    this.#stageNode(path, { record, data: data ?? before });
    const owner = record.ephemeralOwner;
    if (owner === 0) return;
    this.#ephemerals.add(owner, path);
  }

  putAcl(path: string, record: NodeRecord): void {
    const bytes = aclBytesCounted(record.acl) - aclBytesCounted(this.node(path)!.acl);
    this.#quotas.changed(path, { count: 0, bytes }, this.#zxid);
    this.putNode(path, record);
  }

  removeNode(path: string): void {
    this.#recount(path, 0);
    this.#countNode(path, undefined, undefined);
    this.#unindex(path);
    this.#stageNode(path, undefined);
  }

  putSession(session: SessionRecord): void {
    if (this.session(session.id) === undefined) this.#sessionCount++;
    this.#stage(this.#sessions, session.id, session);
  }

  removeSession(id: number): void {
    this.#sessionCount--;
    this.#ephemeralSums.delete(id);
    this.#stage(this.#sessions, id, undefined);
  }

  request(key: string): RememberedRequest | undefined {
    return (this.#requests ?? this.#base.requestMemory).get(key);
  }

  get requestMemory(): RequestMemory {
    if (this.#requests === undefined) {
      this.#requests = new RequestMemory();
      for (const request of this.#base.requestMemory.values()) this.#requests.put(request);
    }
    return this.#requests;
  }

  /** Takes them in now, which takes a while when there are many: later somebody would wait for it. */
  takeInRequests(): void {
    void this.requestMemory;
  }

  putRequest(request: RememberedRequest): void {
    this.requestMemory.put(request);
    this.#requestSteps.push({ zxid: this.#zxid, request, isGone: false });
  }

  forgetRequest(zxid: number): void {
    const request = this.requestMemory.forget(zxid);
    if (request !== undefined) this.#requestSteps.push({ zxid: this.#zxid, request, isGone: true });
  }

  /** Everything up to this zxid has reached the visible state: forget the entries that say no more than it. */
  settle(zxid: number): void {
    for (const [id, entry] of this.#sessions) {
      if (entry.zxid > zxid) break;
      this.#sessions.delete(id);
    }
    let settled = 0;
    for (const [path, entry] of this.#nodes) {
      if (entry.zxid > zxid) break;
      this.#unindex(path);
      this.#forgetNode(path);
      settled++;
    }
    if (this.#nodes.size === 0) this.#children = undefined;
    // With a long queue behind the disk, copying all of it for every batch would cost more than it saves.
    if (this.#nodes.size <= 4 * settled) this.#nodes = renewed(this.#nodes);
    const settledSteps = this.#requestSteps.findIndex((step) => step.zxid > zxid);
    this.#requestSteps.splice(0, settledSteps === -1 ? this.#requestSteps.length : settledSteps);
    this.#quotas.settle(zxid);
  }

  /** Nothing that was staged will happen. */
  clear(): void {
    this.#nodes.clear();
    this.#children = undefined;
    this.#sessions.clear();
    this.#ephemerals.clear();
    this.#ephemeralSums.clear();
    // Not taken in anew: there may be very many.
    for (const { request, isGone } of this.#requestSteps.splice(0).reverse()) {
      if (isGone) this.requestMemory.put(request);
      else this.requestMemory.forget(request.zxid);
    }
    this.#quotas.clear();
    this.#sessionCount = this.#base.sessionCount;
  }

  /** Before a node changes or goes. */
  #countNode(path: string, after: NodeRecord | undefined, data: Uint8Array | undefined): void {
    const before = this.node(path);
    const count = Number(after !== undefined) - Number(before !== undefined);
    const bytes = (after ? bytesCounted(after) : 0) - (before ? bytesCounted(before) : 0);
    this.#quotas.changed(path, { count, bytes }, this.#zxid);
    this.#quotas.told(path, data, this.#zxid);
  }

  #stageNode(path: string, value: StagedNode | undefined): void {
    if (this.#children !== undefined && !this.#nodes.has(path)) addTo(this.#children, path);
    this.#stage(this.#nodes, path, value);
  }

  #forgetNode(path: string): void {
    if (!this.#nodes.delete(path) || this.#children === undefined || path === "/") return;
    const parent = parentOf(path);
    const names = this.#children.get(parent)!;
    names.remove(nameOf(path));
    if (names.size === 0) this.#children.delete(parent);
  }

  #indexed(): Map<string, Names> {
    const children = new Map<string, Names>();
    for (const path of this.#nodes.keys()) addTo(children, path);
    return children;
  }

  *#ifThere(parent: string, name: string): Generator<string> {
    if (this.#nodes.get(childPath(parent, name))?.value !== undefined) yield name;
  }

  #stage<Key extends string | number, Value>(
    entries: Map<Key, Entry<Value>>,
    key: Key,
    value: Value | undefined,
  ): void {
    // A map keeps the order in which its keys came. An entry of this zxid has its place already, and a parent of many
    // deleted children is staged with each of them.
    if (entries.get(key)?.zxid !== this.#zxid) entries.delete(key);
    entries.set(key, { value, zxid: this.#zxid });
  }

  /** Before a node gets another owner, or goes. */
  #recount(path: string, after: number): void {
    if (this.#ephemeralSums.size === 0) return;
    const before = this.node(path)?.ephemeralOwner ?? 0;
    if (before === after) return;
    for (const [owner, difference] of [
      [before, -1],
      [after, 1],
    ] as const) {
      const sum = this.#ephemeralSums.get(owner);
      if (sum !== undefined) this.#ephemeralSums.set(owner, withEphemeral(sum, path, difference));
    }
  }

  /** Before the entry of a path changes or goes. */
  #unindex(path: string): void {
    const owner = this.#nodes.get(path)?.value?.record.ephemeralOwner ?? 0;
    if (owner !== 0) this.#ephemerals.delete(owner, path);
  }
}

/**
 * A copy. A table that a Map of V8 has outgrown still points to what was in it, and once one table has grown old, so
 * do all that follow it in the same Map: half of what is staged would stay until the next collection of everything.
 */
function renewed<Key, Value>(map: ReadonlyMap<Key, Value>): Map<Key, Value> {
  const copy = new Map<Key, Value>();
  // Not by the constructor, which may copy the table as it is.
  for (const [key, value] of map) copy.set(key, value);
  return copy;
}

/** A request that a staged change has put, or made forgotten. */
interface RequestStep {
  readonly zxid: number;
  readonly request: RememberedRequest;
  readonly isGone: boolean;
}

interface StagedNode {
  readonly record: NodeRecord;
  /** Undefined while no staged change has set the data: then they are those of the visible state. */
  readonly data: Uint8Array | undefined;
}

interface Entry<Value> {
  readonly value: Value | undefined;
  readonly zxid: number;
}
