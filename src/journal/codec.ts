import type { Change, Stamp, Transaction } from "../core/change.ts";
import { createdNode } from "../core/node.ts";
import { RecordReader, RecordWriter } from "./records.ts";

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
  requestAnswered: 9,
} as const satisfies Record<Change["kind"], number>;

/** Of requestAnswered, from when nobody held it and nothing made room for it. */
const requestAnsweredAlone = 7;

const transactionBytes = 24;
const changeBytes = 96;

/**
 * Packs transactions in the order of their zxids into one array that owns its ArrayBuffer, to be transferred.
 * The ArrayBuffer may be larger than the array. Throws RangeError on what cannot be stored exactly.
 */
export function packTransactions(transactions: readonly Transaction[]): Uint8Array<ArrayBuffer> {
  const writer = new RecordWriter(packedBytesAbout(transactions));
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
  return [...transactionsIn(packed)];
}

/** The same one by one, for those who keep none: a batch that is kept is copied by the next collection of garbage. */
export function* transactionsIn(packed: Uint8Array): Generator<Transaction, void> {
  const reader = new RecordReader(packed);
  const version = reader.byte();
  if (version !== formatVersion) throw new RangeError(`transactions are packed in unknown format ${version}`);
  let zxid = 0;
  while (!reader.atEnd) {
    zxid += reader.integer();
    const timeMs = reader.double();
    const changes: Change[] = [];
    for (let left = reader.integer(); left > 0; left--) changes.push(unpackChange(reader, { zxid, timeMs }));
    yield { zxid, timeMs, changes };
  }
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

function packChange(writer: RecordWriter, change: Change): void {
  writer.byte(kindNumbers[change.kind]);
  switch (change.kind) {
    case "nodeCreated":
      writer.text(change.path);
      writer.blob(change.data);
      // The rest of a new node follows from the transaction.
      writer.integer(change.node.ephemeralOwner);
      writer.signed(change.node.lifetimeMs);
      writer.acl(change.node.acl);
      writer.node(change.parent);
      return;
    case "nodeDataSet":
      writer.text(change.path);
      writer.blob(change.data);
      writer.node(change.node);
      packPreviousData(writer, change.previousData);
      writer.integer(change.takenFrom ?? 0);
      return;
    case "nodeAclSet":
      writer.text(change.path);
      writer.node(change.node);
      return;
    case "nodeDeleted":
      writer.text(change.path);
      writer.node(change.node);
      packPreviousData(writer, change.previousData);
      writer.node(change.parent);
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
      writer.request(change);
      writer.text(change.holder);
      writer.integer(change.forgets.length);
      for (const zxid of change.forgets) writer.integer(zxid);
  }
}

function packPreviousData(writer: RecordWriter, data: Uint8Array | undefined): void {
  writer.byte(data === undefined ? 0 : 1);
  if (data !== undefined) writer.blob(data);
}

function unpackPreviousData(reader: RecordReader): Uint8Array | undefined {
  return reader.byte() === 0 ? undefined : reader.blob();
}

function unpackChange(reader: RecordReader, stamp: Stamp): Change {
  const kind = reader.byte();
  switch (kind) {
    case kindNumbers.nodeCreated:
      return unpackCreated(reader, stamp);
    case kindNumbers.nodeDataSet:
      return unpackDataSet(reader);
    case kindNumbers.nodeAclSet:
      return { kind: "nodeAclSet", path: reader.text(), node: reader.node() };
    case kindNumbers.nodeDeleted:
      return {
        kind: "nodeDeleted",
        path: reader.text(),
        node: reader.node(),
        previousData: unpackPreviousData(reader),
        parent: reader.node(),
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
        ...reader.request(),
        holder: reader.text(),
        forgets: Array.from({ length: reader.integer() }, () => reader.integer()),
      };
    case requestAnsweredAlone:
      return { kind: "requestAnswered", ...stamp, ...reader.request(), holder: "", forgets: [] };
    default:
      throw new RangeError(`change of unknown kind ${kind}`);
  }
}

function unpackCreated(reader: RecordReader, stamp: Stamp): Change {
  const path = reader.text();
  const data = reader.blob();
  const kept = {
    ephemeralOwner: reader.integer(),
    lifetimeMs: reader.signed(),
    acl: reader.acl(),
  };
  const node = createdNode(stamp, kept, data.byteLength);
  return { kind: "nodeCreated", path, data, node, parent: reader.node() };
}

function unpackDataSet(reader: RecordReader): Change {
  const path = reader.text();
  const data = reader.blob();
  const node = reader.node();
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
