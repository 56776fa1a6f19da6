import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ByteReader } from "../../bytes.ts";
import { backupBlockBytesMax } from "../../limits.ts";
import type { StateSink } from "../journal.ts";
import { unpackRows } from "../rows.ts";
import {
  type BackupCounts,
  type BackupHead,
  blockHeadBytes,
  blockKinds,
  formatVersion,
  hashBytes,
  magicWord,
} from "./format.ts";

/** A backup cannot be used; the message says why in one line. */
export class BackupUnusable extends Error {
  override readonly name = "BackupUnusable";
}

/** A backup that was read to its end, and is whole. */
export interface ReadBackup extends BackupHead {
  readonly fileBytes: number;
}

/** What a reader of a backup is given. Nothing of it counts before the end has been read. */
export interface BackupSink extends StateSink {
  head(head: BackupHead): void;
}

/**
 * Reads a backup: checks every byte, and gives its rows to the sink, if there is one.
 * @param chunks the file, cut anywhere.
 * @throws BackupUnusable
 */
export async function readBackup(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink?: BackupSink,
): Promise<ReadBackup> {
  const source = new Source(chunks);
  try {
    return await readFrom(source, sink);
  } finally {
    await source.close();
  }
}

async function readFrom(source: Source, sink: BackupSink | undefined): Promise<ReadBackup> {
  await readMagic(source);
  const hash = createHash("sha256");
  const counted = { nodes: 0, sessions: 0, requests: 0 };
  const counting = sink && countingSink(sink, counted);
  hash.update(source.consumed());
  let head: BackupHead | undefined;
  for (;;) {
    const { at } = source;
    const { kind, content } = await readBlock(source);
    if (kind === blockKinds.end) {
      if (head === undefined) throw damaged(at, "the head is missing");
      checkEnd(content, { at, hash, head, counted: sink && counted });
      const rest = await source.read(1);
      if (rest.length > 0)
        throw new BackupUnusable(`there is something after its end, at byte ${source.at - 1}`);
      return { ...head, fileBytes: source.at };
    }
    hash.update(source.consumed());
    const isHead = kind === blockKinds.head;
    if (isHead !== (head === undefined)) throw damaged(at, "the head is not where it belongs");
    try {
      if (isHead) {
        head = unpackHead(content);
        sink?.head(head);
      } else if (counting !== undefined) unpackRows(content, counting);
    } catch (error) {
      if (error instanceof RangeError) throw damaged(at, error.message);
      throw error;
    }
  }
}

async function readMagic(source: Source): Promise<void> {
  const word = (await source.read(magicWord.length)).toString("latin1");
  if (word === "") throw new BackupUnusable("it is empty");
  if (!magicWord.startsWith(word)) throw new BackupUnusable("it is not a backup of Corral");
  let version = "";
  for (;;) {
    const next = (await source.read(1)).toString("latin1");
    if (next === "") throw cutShort(source.at);
    if (next === "\n") break;
    version += next;
    if (!/^[1-9]\d{0,5}$/.test(version)) throw new BackupUnusable("it is not a backup of Corral");
  }
  if (Number(version) > formatVersion) {
    const known = `this one knows up to ${formatVersion}`;
    throw new BackupUnusable(`it was written by a newer Corral (format ${version}; ${known})`);
  }
}

async function readBlock(source: Source): Promise<{ kind: number; content: Buffer }> {
  const { at } = source;
  const head = await source.read(blockHeadBytes);
  if (head.length < blockHeadBytes) throw cutShort(source.at);
  if (crc32(head.subarray(0, 9)) !== head.readUInt32LE(9))
    throw damaged(at, "the checksum of a block's head does not fit");
  const kind = head.readUInt8(0);
  const length = head.readUInt32LE(1);
  const isKnown = Object.values<number>(blockKinds).includes(kind);
  if (!isKnown) throw damaged(at, "there is a block of an unknown kind");
  if (length > backupBlockBytesMax)
    throw damaged(at, `there is a block of ${length} bytes, more than ${backupBlockBytesMax}`);
  const content = await source.read(length);
  if (content.length < length) throw cutShort(source.at);
  if (crc32(content) !== head.readUInt32LE(5)) throw damaged(at, "the checksum of a block does not fit");
  return { kind, content };
}

function checkEnd(
  content: Buffer,
  {
    at,
    hash,
    head,
    counted,
  }: { at: number; hash: Hash; head: BackupHead; counted: BackupCounts | undefined },
): void {
  const reader = new ByteReader(content);
  const counts = { nodes: reader.integer(), sessions: reader.integer(), requests: reader.integer() };
  const expected = content.subarray(-hashBytes);
  const actual = hash.digest();
  if (!actual.equals(expected)) {
    throw damaged(
      at,
      `the SHA-256 of what is before is ${actual.toString("hex")}, not ${expected.toString("hex")}`,
    );
  }
  for (const key of ["nodes", "sessions", "requests"] as const) {
    const there = counted?.[key] ?? counts[key];
    if (head[key] === counts[key] && there === counts[key]) continue;
    throw damaged(at, `its head counts ${head[key]} ${key}, its end ${counts[key]}, and ${there} are there`);
  }
}

function unpackHead(content: Uint8Array): BackupHead {
  const reader = new ByteReader(content);
  return {
    zxid: reader.integer(),
    timeMs: reader.integer(),
    nodes: reader.integer(),
    sessions: reader.integer(),
    requests: reader.integer(),
    databaseId: reader.text(),
    serverVersion: reader.text(),
  };
}

function countingSink(sink: StateSink, counted: { -readonly [K in keyof BackupCounts]: number }): StateSink {
  return {
    node: (path, record, data) => {
      counted.nodes++;
      sink.node(path, record, data);
    },
    session: (session) => {
      counted.sessions++;
      sink.session(session);
    },
    request: (request) => {
      counted.requests++;
      sink.request(request);
    },
  };
}

function cutShort(at: number): BackupUnusable {
  return new BackupUnusable(`it is cut short: it ends at byte ${at}, in the middle`);
}

function damaged(at: number, how: string): BackupUnusable {
  return new BackupUnusable(`it is damaged at byte ${at}: ${how}`);
}

/** Bytes that come in pieces, to be taken in others. */
class Source {
  /** How many were taken. */
  at = 0;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #consumed: Buffer[] = [];

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** So many, or fewer at the end. */
  async read(length: number): Promise<Buffer> {
    if (this.#buffer.length < length) await this.#fill(length);
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(bytes.length);
    this.at += bytes.length;
    this.#consumed.push(bytes);
    return bytes;
  }

  /** No more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** What was taken since the last time. */
  consumed(): Buffer {
    return Buffer.concat(this.#consumed.splice(0));
  }

  async #fill(length: number): Promise<void> {
    const parts = [this.#buffer];
    for (let have = this.#buffer.length; have < length; ) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      have += value.length;
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
    }
    this.#buffer = Buffer.concat(parts);
  }
}
