import { ByteReader, ByteWriter } from "../bytes.ts";
import { type Acl, openAcl, parseAcl } from "../core/acl.ts";
import type { Change, Stamp, Transaction } from "../core/change.ts";
import { createdNode, type NodeRecord } from "../core/node.ts";

/**
 * Transactions as bytes, for the journal's worker and, as they are, for the history on disk: a version byte, then each transaction as
 * zxid (distance to the one before it), time, number of changes, changes; each change as its kind and fields.
 */
const formatVersion = 2;

/** Numbers on disk: a kind's number is never used for another. */
const kindNumbers = {
  nodeCreated: 1,
  nodeDataSet: 2,
  nodeDeleted: 3,
  nodeAclSet: 8,
  sessionOpened: 4,
  sessionTimeoutSet: 5,
  sessionClosed: 6,
  requestAnswered: 7,
} as const satisfies Record<Change["kind"], number>;

const transactionBytes = 24;
const changeBytes = 96;

/**
 * Packs transactions in the order of their zxids into one array that owns its ArrayBuffer, to be transferred.
 * The ArrayBuffer may be larger than the array. Throws RangeError on what cannot be stored exactly.
 */
export function packTransactions(transactions: readonly Transaction[]): Uint8Array<ArrayBuffer> {
  const writer = new ChangeWriter(packedBytesAbout(transactions));
  writer.byte(formatVersion);
  let previousZxid = 0;
  for (const { zxid, timeMs, changes } of transactions) {
    writer.integer(zxid - previousZxid);
    writer.double(timeMs);
    writer.integer(changes.length);
    for (const change of changes) packChange(writer, change);
    previousZxid = zxid;
  }
  return writer.finish();
}

/** The inverse of packTransactions. Data are views into `packed`. Throws RangeError on anything else. */
export function unpackTransactions(packed: Uint8Array): Transaction[] {
  const reader = new ChangeReader(packed);
  const version = reader.byte();
  if (version !== formatVersion) throw new RangeError(`transactions are packed in unknown format ${version}`);
  const transactions: Transaction[] = [];
  let zxid = 0;
  while (!reader.atEnd) {
    zxid += reader.integer();
    const timeMs = reader.double();
    const changes: Change[] = [];
    for (let left = reader.integer(); left > 0; left--) changes.push(unpackChange(reader, { zxid, timeMs }));
    transactions.push({ zxid, timeMs, changes });
  }
  return transactions;
}

function packedBytesAbout(transactions: readonly Transaction[]): number {
  let bytes = 1;
  for (const { changes } of transactions) {
    bytes += transactionBytes;
    for (const change of changes) {
      bytes += changeBytes;
      if ("path" in change) bytes += change.path.length * 3;
      if ("data" in change) bytes += change.data.byteLength;
      if (change.kind === "requestAnswered") bytes += change.answer.length * 3;
      if ("previousData" in change) bytes += change.previousData?.byteLength ?? 0;
    }
  }
  return bytes;
}

function packChange(writer: ChangeWriter, change: Change): void {
  writer.byte(kindNumbers[change.kind]);
  switch (change.kind) {
    case "nodeCreated":
      writer.text(change.path);
      writer.blob(change.data);
      // The rest of a new node follows from the transaction.
      writer.integer(change.node.ephemeralOwner);
      writer.signed(change.node.lifetimeMs);
      writer.acl(change.node.acl);
      packNode(writer, change.parent);
      return;
    case "nodeDataSet":
      writer.text(change.path);
      writer.blob(change.data);
      packNode(writer, change.node);
      packPreviousData(writer, change.previousData);
      writer.integer(change.takenFrom ?? 0);
      return;
    case "nodeAclSet":
      writer.text(change.path);
      packNode(writer, change.node);
      return;
    case "nodeDeleted":
      writer.text(change.path);
      packNode(writer, change.node);
      packPreviousData(writer, change.previousData);
      packNode(writer, change.parent);
      return;
    case "sessionOpened":
      writer.integer(change.sessionId);
      writer.text(change.secret);
      writer.integer(change.timeoutMs);
      writer.text(change.owner);
      return;
    case "sessionTimeoutSet":
      writer.integer(change.sessionId);
      writer.integer(change.timeoutMs);
      return;
    case "sessionClosed":
      writer.integer(change.sessionId);
      return;
    case "requestAnswered":
      // Zxid and time are those of the transaction.
      writer.text(change.key);
      writer.text(change.fingerprint);
      writer.text(change.answer);
  }
}

function packPreviousData(writer: ChangeWriter, data: Uint8Array | undefined): void {
  writer.byte(data === undefined ? 0 : 1);
  if (data !== undefined) writer.blob(data);
}

function unpackPreviousData(reader: ChangeReader): Uint8Array | undefined {
  return reader.byte() === 0 ? undefined : reader.blob();
}

function packNode(writer: ChangeWriter, node: NodeRecord): void {
  writer.integer(node.czxid);
  writer.integer(node.mzxid);
  writer.integer(node.pzxid);
  writer.double(node.ctimeMs);
  writer.double(node.mtimeMs);
  writer.signed(node.version);
  writer.signed(node.creates);
  writer.signed(node.aversion);
  writer.integer(node.ephemeralOwner);
  writer.signed(node.lifetimeMs);
  writer.acl(node.acl);
  writer.integer(node.dataLength);
  writer.integer(node.numChildren);
}

function unpackNode(reader: ChangeReader): NodeRecord {
  return {
    czxid: reader.integer(),
    mzxid: reader.integer(),
    pzxid: reader.integer(),
    ctimeMs: reader.double(),
    mtimeMs: reader.double(),
    version: reader.signed(),
    creates: reader.signed(),
    aversion: reader.signed(),
    ephemeralOwner: reader.integer(),
    lifetimeMs: reader.signed(),
    acl: reader.acl(),
    dataLength: reader.integer(),
    numChildren: reader.integer(),
  };
}

function unpackChange(reader: ChangeReader, stamp: Stamp): Change {
  const kind = reader.byte();
  switch (kind) {
    case kindNumbers.nodeCreated:
      return unpackCreated(reader, stamp);
    case kindNumbers.nodeDataSet:
      return unpackDataSet(reader);
    case kindNumbers.nodeAclSet:
      return { kind: "nodeAclSet", path: reader.text(), node: unpackNode(reader) };
    case kindNumbers.nodeDeleted:
      return {
        kind: "nodeDeleted",
        path: reader.text(),
        node: unpackNode(reader),
        previousData: unpackPreviousData(reader),
        parent: unpackNode(reader),
      };
    case kindNumbers.sessionOpened:
      return {
        kind: "sessionOpened",
        sessionId: reader.integer(),
        secret: reader.text(),
        timeoutMs: reader.integer(),
        owner: reader.text(),
      };
    case kindNumbers.sessionTimeoutSet:
      return { kind: "sessionTimeoutSet", sessionId: reader.integer(), timeoutMs: reader.integer() };
    case kindNumbers.sessionClosed:
      return { kind: "sessionClosed", sessionId: reader.integer() };
    case kindNumbers.requestAnswered:
      return {
        kind: "requestAnswered",
        ...stamp,
        key: reader.text(),
        fingerprint: reader.text(),
        answer: reader.text(),
      };
    default:
      throw new RangeError(`change of unknown kind ${kind}`);
  }
}

function unpackCreated(reader: ChangeReader, stamp: Stamp): Change {
  const path = reader.text();
  const data = reader.blob();
  const kept = {
    ephemeralOwner: reader.integer(),
    lifetimeMs: reader.signed(),
    acl: reader.acl(),
  };
  const node = createdNode(stamp, kept, data.byteLength);
  return { kind: "nodeCreated", path, data, node, parent: unpackNode(reader) };
}

function unpackDataSet(reader: ChangeReader): Change {
  const path = reader.text();
  const data = reader.blob();
  const node = unpackNode(reader);
  const previousData = unpackPreviousData(reader);
  const takenFrom = reader.integer();
  return {
    kind: "nodeDataSet",
    path,
    data,
    node,
    previousData,
    ...(takenFrom !== 0 && { takenFrom }),
  };
}

/** A batch says each access control list once, however many nodes have it: afterwards, which of them it is. 0 is the open one. */
class ChangeWriter extends ByteWriter {
  readonly #acls = new Map([[openAcl.text, 0]]);

  acl({ text }: Acl): void {
    const known = this.#acls.get(text);
    this.integer(known ?? this.#acls.size);
    if (known !== undefined) return;
    this.#acls.set(text, this.#acls.size);
    this.text(text);
  }
}

class ChangeReader extends ByteReader {
  readonly #acls: Acl[] = [openAcl];

  acl(): Acl {
    const number = this.integer();
    if (number === this.#acls.length) this.#acls.push(parseAcl(this.text()));
    const acl = this.#acls[number];
    if (acl === undefined) throw new RangeError(`there is no access control list ${number}`);
    return acl;
  }
}
