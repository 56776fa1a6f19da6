import type { Acl } from "./acl.ts";
import { AclPool } from "./acl-pool.ts";
import { forever, type NodeRecord } from "./node.ts";
import type { PackedData } from "./packed-data.ts";
import { Siblings } from "./siblings.ts";

/**
 * All nodes as rows of typed arrays: 72 bytes of numbers a node, outside the garbage-collected heap, where an
 * object with boxed doubles would take 200 and be marked at every collection. Rows live in slabs, so growing
 * never copies what is there.
 */
export class NodeTable {
  readonly #slabs: Slab[] = [];
  readonly #names: string[] = [];
  readonly #data: PackedData[] = [];
  readonly #children: (Siblings | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #acls = new AclPool();

  /** How many lists nodes have beside the open one. */
  get aclCount(): number {
    return this.#acls.size;
  }

  /** Takes a row for a new node. */
  add(parent: number, name: string): number {
    const row = this.#free.pop() ?? this.#names.length;
    if (row >> slabBits === this.#slabs.length) this.#slabs.push(new Slab());
    this.#names[row] = name;
    this.#data[row] = "";
    this.#children[row] = undefined;
    const { doubles, ints } = this.#slab(row);
    ints[intAt(row) + parentColumn] = parent;
    ints[intAt(row) + aclColumn] = 0;
    doubles[doubleAt(row) + ownerColumn] = 0;
    return row;
  }

  /** Gives the row of a node without children back. */
  remove(row: number): void {
    this.#acls.release(this.#slab(row).ints[intAt(row) + aclColumn]!);
    this.#names[row] = "";
    this.#data[row] = "";
    this.#children[row] = undefined;
    this.#free.push(row);
  }

  name(row: number): string {
    return this.#names[row]!;
  }

  parent(row: number): number {
    return this.#slab(row).ints[intAt(row) + parentColumn]!;
  }

  data(row: number): PackedData {
    return this.#data[row]!;
  }

  setData(row: number, data: PackedData): void {
    this.#data[row] = data;
  }

  /** The node's children; absent while it never had one. */
  children(row: number): Siblings | undefined {
    return this.#children[row];
  }

  link(parent: number, child: number): void {
    this.#children[parent] ??= new Siblings(this.#names);
    this.#children[parent].insert(child);
  }

  unlink(parent: number, child: number): void {
    this.#children[parent]!.remove(child);
  }

  /** Drops the empty list of a node whose last child has gone. */
  dropChildren(row: number): void {
    this.#children[row] = undefined;
  }

  ephemeralOwner(row: number): number {
    return Math.max(this.#slab(row).doubles[doubleAt(row) + ownerColumn]!, 0);
  }

  read(row: number): NodeRecord {
    const { doubles, ints } = this.#slab(row);
    const d = doubleAt(row);
    const i = intAt(row);
    return {
      czxid: doubles[d]!,
      mzxid: doubles[d + 1]!,
      pzxid: doubles[d + 2]!,
      ctimeMs: doubles[d + 3]!,
      mtimeMs: doubles[d + 4]!,
      version: ints[i]!,
      creates: ints[i + 1]!,
      aversion: ints[i + 2]!,
      ephemeralOwner: Math.max(doubles[d + ownerColumn]!, 0),
      lifetimeMs: lifetimeIn(doubles[d + ownerColumn]!),
      acl: this.#acls.get(ints[i + aclColumn]!),
      dataLength: this.#data[row]!.length,
      numChildren: ints[i + 3]!,
    };
  }

  /** Stores everything but the data's length, which the data itself tells. */
  write(row: number, record: NodeRecord): void {
    const { doubles, ints } = this.#slab(row);
    const d = doubleAt(row);
    const i = intAt(row);
    doubles[d] = record.czxid;
    doubles[d + 1] = record.mzxid;
    doubles[d + 2] = record.pzxid;
    doubles[d + 3] = record.ctimeMs;
    doubles[d + 4] = record.mtimeMs;
    doubles[d + ownerColumn] = ownerOrLifetime(record);
    ints[i] = record.version;
    ints[i + 1] = record.creates;
    ints[i + 2] = record.aversion;
    ints[i + 3] = record.numChildren;
    this.#writeAcl(ints, i + aclColumn, record.acl);
  }

  #writeAcl(ints: Int32Array, at: number, acl: Acl): void {
    const before = ints[at]!;
    if (this.#acls.get(before) === acl) return;
    // Used before the other is given back, which may be the same list.
    ints[at] = this.#acls.use(acl);
    this.#acls.release(before);
  }

  #slab(row: number): Slab {
    return this.#slabs[row >> slabBits]!;
  }
}

/** One column for both, since an ephemeral node has no lifetime of its own: an owner is positive, a lifetime negative. */
function ownerOrLifetime({ ephemeralOwner, lifetimeMs }: NodeRecord): number {
  return lifetimeMs === forever ? ephemeralOwner : -(lifetimeMs + lifetimeShift);
}

function lifetimeIn(column: number): number {
  return column < 0 ? -column - lifetimeShift : forever;
}

/** Lifetimes start at `asContainer`, -1. */
const lifetimeShift = 2;

const slabBits = 14;
const slabRows = 1 << slabBits;
const doubleColumns = 6;
const ownerColumn = 5;
const intColumns = 6;
const parentColumn = 4;
const aclColumn = 5;

class Slab {
  readonly doubles = new Float64Array(slabRows * doubleColumns);
  readonly ints = new Int32Array(slabRows * intColumns);
}

function doubleAt(row: number): number {
  return (row & (slabRows - 1)) * doubleColumns;
}

function intAt(row: number): number {
  return (row & (slabRows - 1)) * intColumns;
}
