import type Database from "better-sqlite3";
import { type Acl, openAcl, parseAcl } from "../../core/acl.ts";
import { asContainer } from "../../core/node.ts";
import type { RememberedRequest } from "../../core/request.ts";
import type { SessionRecord } from "../../core/session.ts";
import { RowWriter } from "../rows.ts";
import { selectAcls } from "./acl-table.ts";

/** A chunk crosses to the event loop's thread as one message, and holds it up for some 10 ms. */
const chunkBytes = 1_048_576;
const chunkCapacity = chunkBytes + chunkBytes / 4;

/** Rows fetched at once: a third faster than one by one. */
const pageRows = 1_000;

const selectSessions = "SELECT id, secret, timeout_ms AS timeoutMs, owner FROM sessions ORDER BY id";
/** Small data come as hex text: half the time of a load went into making a million small Buffers. */
const selectNodes = `
  SELECT path, iif(data IS NULL, NULL, hex(data)), czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl
  FROM nodes WHERE path > ? ORDER BY path LIMIT ${pageRows}`;
const selectLarge = "SELECT data FROM large_data WHERE path = ?";

const selectRequests =
  "SELECT zxid, time_ms AS timeMs, key, fingerprint, answer, holder FROM requests ORDER BY zxid";

type NodeRow = [path: string, dataHex: string | null, ...stat: number[]];

/**
 * Reads the whole state as chunks of packed rows: the sessions, the nodes in the order of their paths, the requests.
 * Nothing may be written before the last chunk is out. Throws on rows that cannot be true.
 */
export function* packedRows(
  connection: Database.Database,
  lastZxid: number,
): Generator<Uint8Array<ArrayBuffer>> {
  let writer = new RowWriter(chunkCapacity);
  for (const pack of rowPackers(connection, lastZxid)) {
    pack(writer);
    if (writer.length < chunkBytes) continue;
    yield writer.finish();
    writer = new RowWriter(chunkCapacity);
  }
  yield writer.finish();
}

/** For each row, how to pack it; whoever does so is told by a DamagedRow or a RangeError what is wrong with the row. */
export function* rowPackers(
  connection: Database.Database,
  lastZxid: number,
): Generator<(to: RowWriter) => void> {
  for (const session of connection.prepare<[], SessionRecord>(selectSessions).iterate()) {
    yield (writer) => writer.sessionRow(session);
  }
  const large = connection.prepare<[string], Buffer>(selectLarge).pluck();
  const acls = aclsIn(connection);
  for (const row of nodeRows(connection)) yield (writer) => packNode(writer, row, { large, lastZxid, acls });
  for (const request of connection.prepare<[], RememberedRequest>(selectRequests).iterate()) {
    yield (writer) => writer.requestRow(request);
  }
}

/** The lists by number; of one that cannot be read, what is wrong with it. */
function aclsIn(connection: Database.Database): ReadonlyMap<number, Acl | RangeError> {
  const acls = new Map<number, Acl | RangeError>([[0, openAcl]]);
  for (const [id, text] of connection.prepare<[], [number, string]>(selectAcls).raw().all()) {
    try {
      acls.set(id, parseAcl(text));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      acls.set(id, error);
    }
  }
  return acls;
}

function* nodeRows(connection: Database.Database): Generator<NodeRow> {
  const page = connection.prepare<[string], NodeRow>(selectNodes).raw();
  let previousPath = "";
  for (;;) {
    const rows = page.all(previousPath);
    for (const row of rows) {
      const [path] = row;
      if (!inOrder(previousPath, path)) throw new DamagedRow(`${path} comes after ${previousPath}`);
      previousPath = path;
      yield row;
    }
    if (rows.length < pageRows) return;
  }
}

/** A row contradicts what the journal writes: the file was damaged in a way that SQLite cannot see. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
}

/** By UTF-8 bytes. JavaScript compares UTF-16, which differs beyond U+FFFF only: then the bytes decide. */
function inOrder(a: string, b: string): boolean {
  return a < b || Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

function packNode(
  writer: RowWriter,
  row: NodeRow,
  {
    large,
    lastZxid,
    acls,
  }: {
    large: Database.Statement<[string], Buffer>;
    lastZxid: number;
    acls: ReadonlyMap<number, Acl | RangeError>;
  },
): void {
  const [path, dataHex, ...stat] = row;
  const [czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion, owner, lifetimeMs, aclId] = stat;
  if (Math.max(czxid!, mzxid!, pzxid!, owner!) > lastZxid) {
    throw new DamagedRow(`${path} was touched after the last zxid, ${lastZxid}`);
  }
  if (lifetimeMs! < asContainer) throw new DamagedRow(`the lifetime of ${path} is below 0`);
  const acl = acls.get(aclId!);
  if (acl === undefined) throw new DamagedRow(`the access control list of ${path} is missing`);
  if (acl instanceof RangeError) throw new DamagedRow(`the access control list of ${path}: ${acl.message}`);
  const data = dataHex ?? large.get(path);
  if (data === undefined) throw new DamagedRow(`the data of ${path} are missing`);
  const record = {
    czxid: czxid!,
    mzxid: mzxid!,
    pzxid: pzxid!,
    ctimeMs: ctimeMs!,
    mtimeMs: mtimeMs!,
    version: version!,
    creates: creates!,
    aversion: aversion!,
    ephemeralOwner: owner!,
    lifetimeMs: lifetimeMs!,
    acl,
    dataLength: typeof data === "string" ? data.length / 2 : data.length,
    numChildren: 0,
  };
  writer.nodeRow(path, record, data);
}
