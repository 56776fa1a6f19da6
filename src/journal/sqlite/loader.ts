import type Database from "better-sqlite3";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { type Acl, parseAcl } from "../../core/acl.ts";
import type { StateSink } from "../journal.ts";
import { selectAcls } from "./acl-table.ts";

/** A chunk crosses to the event loop's thread as one message, and holds it up for some 10 ms. */
const chunkBytes = 1_048_576;
const chunkCapacity = chunkBytes + chunkBytes / 4;

/** Rows fetched at once: a third faster than one by one. */
const pageRows = 1_000;

const rowTags = { session: 1, node: 2, request: 3 } as const;

const selectSessions = "SELECT id, secret, timeout_ms, owner FROM sessions ORDER BY id";
/** Small data come as hex text: half the time of a load went into making a million small Buffers. */
const selectNodes = `
  SELECT path, iif(data IS NULL, NULL, hex(data)), czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, creates, aversion, owner_session, lifetime_ms, acl
  FROM nodes WHERE path > ? ORDER BY path LIMIT ${pageRows}`;
const selectLarge = "SELECT data FROM large_data WHERE path = ?";

const selectRequests = "SELECT zxid, time_ms, key, fingerprint, answer FROM requests ORDER BY zxid";

type RequestRow = [zxid: number, timeMs: number, key: string, fingerprint: string, answer: string];
type SessionRow = [id: number, secret: string, timeoutMs: number, owner: string];
type NodeRow = [path: string, dataHex: string | null, ...stat: number[]];

/**
 * Reads the whole state as chunks of packed rows: the sessions, the nodes in the order of their paths, the requests.
 * Nothing may be written before the last chunk is out. Throws on rows that cannot be true.
 */
export function* packedRows(
  connection: Database.Database,
  lastZxid: number,
): Generator<Uint8Array<ArrayBuffer>> {
  let writer = new ByteWriter(chunkCapacity);
  for (const pack of rowPackers(connection, lastZxid)) {
    pack(writer);
    if (writer.length < chunkBytes) continue;
    yield writer.finish();
    writer = new ByteWriter(chunkCapacity);
  }
  yield writer.finish();
}

/** For each row, how to pack it. */
function* rowPackers(connection: Database.Database, lastZxid: number): Generator<(to: ByteWriter) => void> {
  for (const session of connection.prepare<[], SessionRow>(selectSessions).raw().iterate()) {
    yield (writer) => packSession(writer, session);
  }
  const large = connection.prepare<[string], Buffer>(selectLarge).pluck();
  const acls = new Map(connection.prepare<[], [number, string]>(selectAcls).raw().all()).set(0, "");
  for (const row of nodeRows(connection)) yield (writer) => packNode(writer, row, { large, lastZxid, acls });
  for (const request of connection.prepare<[], RequestRow>(selectRequests).raw().iterate()) {
    yield (writer) => packRequest(writer, request);
  }
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

function packSession(writer: ByteWriter, [id, secret, timeoutMs, owner]: SessionRow): void {
  writer.byte(rowTags.session);
  writer.integer(id);
  writer.text(secret);
  writer.integer(timeoutMs);
  writer.text(owner);
}

function packRequest(writer: ByteWriter, [zxid, timeMs, key, fingerprint, answer]: RequestRow): void {
  writer.byte(rowTags.request);
  writer.integer(zxid);
  writer.double(timeMs);
  for (const text of [key, fingerprint, answer]) writer.text(text);
}

function packNode(
  writer: ByteWriter,
  row: NodeRow,
  {
    large,
    lastZxid,
    acls,
  }: {
    large: Database.Statement<[string], Buffer>;
    lastZxid: number;
    acls: ReadonlyMap<number, string>;
  },
): void {
  const [path, dataHex, ...stat] = row;
  const [czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, creates, aversion, owner, lifetimeMs, aclId] = stat;
  if (Math.max(czxid!, mzxid!, pzxid!, owner!) > lastZxid) {
    throw new DamagedRow(`${path} was touched after the last zxid, ${lastZxid}`);
  }
  const acl = acls.get(aclId!);
  if (acl === undefined) throw new DamagedRow(`the access control list of ${path} is missing`);
  writer.byte(rowTags.node);
  writer.text(path);
  if (dataHex !== null) {
    writer.hex(dataHex);
  } else {
    const data = large.get(path);
    if (data === undefined) throw new DamagedRow(`the data of ${path} are missing`);
    writer.blob(data);
  }
  writer.integer(czxid!);
  writer.integer(mzxid!);
  writer.integer(pzxid!);
  writer.double(ctimeMs!);
  writer.double(mtimeMs!);
  writer.signed(version!);
  writer.signed(creates!);
  writer.signed(aversion!);
  writer.integer(owner!);
  writer.signed(lifetimeMs!);
  writer.text(acl);
}

/** Gives each packed row to the sink. Data are views into the chunk. */
export function unpackRows(packed: Uint8Array, sink: StateSink): void {
  const reader = new ByteReader(packed);
  const acls = new Map<string, Acl>();
  const parsed = (text: string): Acl => {
    const acl = acls.get(text) ?? parseAcl(text);
    acls.set(text, acl);
    return acl;
  };
  while (!reader.atEnd) {
    const tag = reader.byte();
    if (tag === rowTags.request) {
      sink.request({
        zxid: reader.integer(),
        timeMs: reader.double(),
        key: reader.text(),
        fingerprint: reader.text(),
        answer: reader.text(),
      });
      continue;
    }
    if (tag === rowTags.session) {
      sink.session({
        id: reader.integer(),
        secret: reader.text(),
        timeoutMs: reader.integer(),
        owner: reader.text(),
      });
      continue;
    }
    const path = reader.text();
    const data = reader.blob();
    const record = {
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
      acl: parsed(reader.text()),
      dataLength: data.byteLength,
      numChildren: 0,
    };
    sink.node(path, record, data);
  }
}
