import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ByteWriter } from "../../bytes.ts";
import type { NodeRecord } from "../../core/node.ts";
import type { RememberedRequest } from "../../core/request.ts";
import type { SessionRecord } from "../../core/session.ts";
import { backupBlockBytes } from "../../limits.ts";
import { RowWriter } from "../rows.ts";
import { type BackupHead, type BlockKind, blockHeadBytes, blockKinds, magic } from "./format.ts";

/** Makes the bytes of a backup: the head, then rows, then the end. */
export class BackupWriter {
  readonly #hash = createHash("sha256");
  readonly #rows = new RowWriter(backupBlockBytes + backupBlockBytes / 4);
  readonly #counts = { nodes: 0, sessions: 0, requests: 0 };
  readonly #waiting: Uint8Array[] = [];

  constructor(head: BackupHead) {
    this.#add(magic);
    const writer = new ByteWriter(256);
    for (const number of [head.zxid, head.timeMs, head.nodes, head.sessions, head.requests])
      writer.integer(number);
    writer.text(head.databaseId);
    writer.text(head.serverVersion);
    this.#block("head", writer.copy());
  }

  /** Nodes written so far. */
  get nodes(): number {
    return this.#counts.nodes;
  }

  session(session: SessionRecord): void {
    this.#rows.sessionRow(session);
    this.#counts.sessions++;
    this.#closeFullBlock();
  }

  node(path: string, record: NodeRecord, data: Uint8Array): void {
    this.#rows.nodeRow(path, record, data);
    this.#counts.nodes++;
    this.#closeFullBlock();
  }

  request(request: RememberedRequest): void {
    this.#rows.requestRow(request);
    this.#counts.requests++;
    this.#closeFullBlock();
  }

  /** Nothing follows. */
  end(): void {
    this.#closeBlock();
    const writer = new ByteWriter(64);
    const { nodes, sessions, requests } = this.#counts;
    for (const number of [nodes, sessions, requests]) writer.integer(number);
    writer.append(this.#hash.copy().digest());
    this.#block("end", writer.copy());
  }

  /** The bytes that were made since the last time. */
  take(): readonly Uint8Array[] {
    return this.#waiting.splice(0);
  }

  #closeFullBlock(): void {
    if (this.#rows.length >= backupBlockBytes) this.#closeBlock();
  }

  #closeBlock(): void {
    if (this.#rows.length === 0) return;
    this.#block("rows", this.#rows.copy());
    this.#rows.clear();
  }

  #block(kind: BlockKind, content: Uint8Array): void {
    const head = Buffer.alloc(blockHeadBytes);
    head.writeUInt8(blockKinds[kind], 0);
    head.writeUInt32LE(content.length, 1);
    head.writeUInt32LE(crc32(content), 5);
    head.writeUInt32LE(crc32(head.subarray(0, 9)), 9);
    this.#add(head);
    this.#add(content);
  }

  #add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#waiting.push(bytes);
  }
}
