import { closeSync, constants, ftruncateSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { diskReserveBytes, diskReserveForStartBytes } from "../../limits.ts";
import { freeBytesOf, sizeOf } from "./files.ts";
import { isFullOfFile } from "./full-disk.ts";

const pieceBytes = 1_048_576;

/**
 * Space kept back, as a file, for when the disk is full: letting go of it makes room to fold the WAL and for
 * deletions, which are an operator's first move; and that it can be put back is the proof that there is room again.
 * CockroachDB calls such a file a ballast.
 */
export class Reserve {
  readonly #path: string;
  #held: boolean;

  constructor(path: string) {
    this.#path = path;
    this.#held = sizeOf(path) === diskReserveBytes;
  }

  /** Makes the file if it is not there. Answers false when the disk has no room for it. */
  keep(): boolean {
    if (this.#held) return true;
    try {
      fill(this.#path);
      this.#held = true;
    } catch (error) {
      rmSync(this.#path, { force: true });
      if (!isFullOfFile(error)) throw error;
    }
    return this.#held;
  }

  /**
   * Whether a file can grow now: a write that failed does not say whether a quota is used up. The reserve grows, and is
   * then again what it was.
   */
  hasRoom(bytes = pieceBytes): boolean {
    const before = sizeOf(this.#path);
    try {
      withFile(this.#path, constants.O_RDWR | constants.O_CREAT, (fd) => {
        try {
          writeAll(fd, noise().subarray(0, bytes), before ?? 0);
        } finally {
          ftruncateSync(fd, before ?? 0);
        }
      });
      return true;
    } catch (error) {
      if (!isFullOfFile(error)) throw error;
      return false;
    } finally {
      if (before === undefined) rmSync(this.#path, { force: true });
    }
  }

  /** Makes room for commits. What a start on a full disk needs is kept. */
  letGo(): void {
    this.#held = false;
    if (sizeOf(this.#path) !== undefined) truncateSync(this.#path, diskReserveForStartBytes);
  }

  /** Before a database is opened: SQLite needs a little room to look at it. Answers whether there was none. */
  makeRoomToStart(): boolean {
    const isRoomy = freeBytesOf(dirname(this.#path)) >= diskReserveForStartBytes;
    // The file system has room, and this user perhaps no more of it.
    if (isRoomy && this.hasRoom(diskReserveForStartBytes)) return false;
    rmSync(this.#path, { force: true });
    this.#held = false;
    return true;
  }

  /** After a start on a disk that has no room for the whole: for the next one. */
  keepForStart(): void {
    if (sizeOf(this.#path) !== undefined) return;
    try {
      withFile(this.#path, constants.O_WRONLY | constants.O_CREAT, (fd) =>
        writeAll(fd, noise().subarray(0, diskReserveForStartBytes), 0),
      );
    } catch (error) {
      if (!isFullOfFile(error)) throw error;
    }
  }
}

function fill(path: string): void {
  const piece = noise();
  withFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, (fd) => {
    for (let bytes = 0; bytes < diskReserveBytes; bytes += piece.length) writeAll(fd, piece, bytes);
  });
}

function withFile(path: string, flags: number, work: (fd: number) => void): void {
  const fd = openSync(path, flags | constants.O_NOFOLLOW, 0o600);
  try {
    work(fd);
  } finally {
    closeSync(fd);
  }
}

/** A disk that fills up takes a part first. */
function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
}

/** File systems that compress would keep a megabyte of zeros in no space at all. */
function noise(): Uint8Array {
  const words = new Uint32Array(pieceBytes / 4);
  for (let at = 0, word = 1; at < words.length; at++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = word;
  }
  return new Uint8Array(words.buffer);
}
