import type { Acl } from "./acl.ts";
import { AclPool } from "./acl-pool.ts";
import { Family } from "./family.ts";
import { forever, type NodeRecord } from "./node.ts";
import type { PackedData } from "./packed-data.ts";
import { type Named, Siblings } from "./siblings.ts";

/**
 * All nodes as rows of typed arrays: 60 bytes of numbers a node, outside the garbage-collected heap, where an
 * object with boxed doubles would take 200 and be marked at every collection. Rows live in slabs, so growing
 * never copies what is there. What only parents have lies in a `Family`, which most nodes do without.
 */
export class NodeTable implements Named {
  readonly #slabs: Slab[] = [];
  readonly #free: number[] = [];
  readonly #families: (Family | undefined)[] = [undefined];
  readonly #freeFamilies: number[] = [];
  readonly #acls = new AclPool();
  #rows = 0;

  /** How many lists nodes have beside the open one. */
  get aclCount(): number {
    return this.#acls.size;
  }

  /** Takes a row for a new node. */
  add(parent: number, name: string): number {
    const row = this.#free.pop() ?? this.#rows++;
    if (row >> slabBits === this.#slabs.length) this.#slabs.push(new Slab());
    const { ints, doubles, names } = this.#slab(row);
    names[inSlab(row)] = name;
    ints[intAt(row) + parentColumn] = parent;
    ints[intAt(row) + aclColumn] = 0;
    ints[intAt(row) + familyColumn] = 0;
    doubles[doubleAt(row) + ownerColumn] = 0;
    return row;
  }

  /** Gives the row of a node without children back. */
  remove(row: number): void {
    const { ints, names, data } = this.#slab(row);
    this.#acls.release(ints[intAt(row) + aclColumn]!);
    this.#dropFamily(row);
    names[inSlab(row)] = "";
    data[inSlab(row)] = "";
    this.#free.push(row);
  }

  name(row: number): string {
    return this.#slab(row).names[inSlab(row)]!;
  }

  parent(row: number): number {
    return this.#slab(row).ints[intAt(row) + parentColumn]!;
  }

  data(row: number): PackedData {
    return this.#slab(row).data[inSlab(row)]!;
  }

  setData(row: number, data: PackedData): void {
    this.#slab(row).data[inSlab(row)] = data;
  }

  /** What the node has as a parent; absent when it never had a child. */
  family(row: number): Family | undefined {
    return this.#families[this.#slab(row).ints[intAt(row) + familyColumn]!];
  }

  link(parent: number, child: number): void {
    const family = this.#familyFor(parent);
    family.children ??= new Siblings(this);
    family.children.insert(child);
  }

  unlink(parent: number, child: number): void {
    this.family(parent)!.children!.remove(child);
  }

  ephemeralOwner(row: number): number {
    return Math.max(this.#slab(row).doubles[doubleAt(row) + ownerColumn]!, 0);
  }

  acl(row: number): Acl {
    return this.#acls.get(this.#slab(row).ints[intAt(row) + aclColumn]!);
  }

  read(row: number): NodeRecord {
    const { doubles, ints, data } = this.#slab(row);
    const d = doubleAt(row);
    const i = intAt(row);
    const family = this.#families[ints[i + familyColumn]!];
    return {
      czxid: doubles[d]!,
      mzxid: doubles[d + 1]!,
      pzxid: family === undefined ? doubles[d]! : family.pzxid,
      ctimeMs: doubles[d + 2]!,
      mtimeMs: doubles[d + 3]!,
      version: ints[i]!,
      creates: family === undefined ? 0 : family.creates,
      aversion: ints[i + 1]!,
      ephemeralOwner: Math.max(doubles[d + ownerColumn]!, 0),
      lifetimeMs: lifetimeIn(doubles[d + ownerColumn]!),
      acl: this.#acls.get(ints[i + aclColumn]!),
      dataLength: data[inSlab(row)]!.length,
      numChildren: family === undefined ? 0 : family.numChildren,
    };
  }

  /** Stores everything but the data's length, which the data itself tells. */
  write(row: number, record: NodeRecord): void {
    const { doubles, ints } = this.#slab(row);
    const d = doubleAt(row);
    const i = intAt(row);
    doubles[d] = record.czxid;
    doubles[d + 1] = record.mzxid;
    doubles[d + 2] = record.ctimeMs;
    doubles[d + 3] = record.mtimeMs;
    doubles[d + ownerColumn] = ownerOrLifetime(record);
    ints[i] = record.version;
    ints[i + 1] = record.aversion;
    this.#writeAcl(ints, i + aclColumn, record.acl);
    this.#writeFamily(row, record);
  }

  /** A node that never had a child says as much by its numbers: it needs no family to keep them. */
  #writeFamily(row: number, { czxid, pzxid, creates, numChildren }: NodeRecord): void {
    if (pzxid === czxid && creates === 0 && numChildren === 0) {
      this.#dropFamily(row);
      return;
    }
    const family = this.#familyFor(row);
    family.pzxid = pzxid;
    family.creates = creates;
    family.numChildren = numChildren;
    if (numChildren === 0) family.children = undefined;
  }

  #familyFor(row: number): Family {
    const { doubles, ints } = this.#slab(row);
    const at = intAt(row) + familyColumn;
    if (ints[at] === 0) {
      ints[at] = this.#freeFamilies.pop() ?? this.#families.length;
      this.#families[ints[at]] = new Family(doubles[doubleAt(row)]!);
    }
    return this.#families[ints[at]!]!;
  }

  #dropFamily(row: number): void {
    const { ints } = this.#slab(row);
    const at = intAt(row) + familyColumn;
    if (ints[at] === 0) return;
    this.#families[ints[at]!] = undefined;
    this.#freeFamilies.push(ints[at]!);
    ints[at] = 0;
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
const doubleColumns = 5;
const ownerColumn = 4;
const intColumns = 5;
const parentColumn = 2;
const aclColumn = 3;
const familyColumn = 4;

class Slab {
  readonly doubles = new Float64Array(slabRows * doubleColumns);
  readonly ints = new Int32Array(slabRows * intColumns);
  readonly names: string[] = new Array(slabRows).fill("");
  readonly data: PackedData[] = new Array(slabRows).fill("");
}

function inSlab(row: number): number {
  return row & (slabRows - 1);
}

function doubleAt(row: number): number {
  return inSlab(row) * doubleColumns;
}

function intAt(row: number): number {
  return inSlab(row) * intColumns;
}
