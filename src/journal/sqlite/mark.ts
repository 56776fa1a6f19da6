import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { JournalUnusable } from "../journal.ts";
import { reasonOf, syncDirectory } from "./files.ts";

/**
 * The last acknowledged zxid, kept outside the database: one flipped bit in the WAL silently drops every later
 * commit, and SQLite cannot tell that from a torn tail. The file is one line of fixed length, written over in
 * place after each commit without fsync: it survives the death of the process, and after a power failure it is
 * at worst older than the database.
 */
export interface Mark {
  /** Which database the mark speaks of. */
  readonly databaseId: string;
  readonly zxid: number;
  /** The database was closed in order: it needs no check at the next start. */
  readonly clean: boolean;
}

const pattern = /^corral ([0-9a-f]{16}) ([0-9]{16}) (open |clean) ([0-9a-f]{8})\n$/;

/** The stored mark; undefined if there is none. */
export function readMark(path: string): Mark | "unreadable" | undefined {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  const match = pattern.exec(text);
  if (match === null || checksum(text.slice(0, -9)) !== match[4]) return "unreadable";
  return { databaseId: match[1]!, zxid: Number(match[2]), clean: match[3] === "clean" };
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new JournalUnusable(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

function lineOf({ databaseId, zxid, clean }: Mark): string {
  const facts = `corral ${databaseId} ${String(zxid).padStart(16, "0")} ${clean ? "clean" : "open "} `;
  return `${facts}${checksum(facts)}\n`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** Keeps the mark's file open, so that moving it is one write. Its entry in the directory is durable. */
export class MarkFile {
  readonly #fd: number;

  constructor(path: string, mark: Mark) {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#fd = openSync(path, flags, 0o600);
    this.write(mark);
    ftruncateSync(this.#fd, lineOf(mark).length);
    this.sync();
    syncDirectory(dirname(path));
  }

  write(mark: Mark): void {
    writeSync(this.#fd, lineOf(mark), 0, "latin1");
  }

  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
