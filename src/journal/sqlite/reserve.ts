import { closeSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { diskReserveBytes, diskReserveForStartBytes } from "../../limits.ts";
import { freeBytesOf, sizeOf } from "./files.ts";

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
      if (!isFull(error)) throw error;
    }
    return this.#held;
  }

  /** Makes room for commits. What a start on a full disk needs is kept. */
  letGo(): void {
    this.#held = false;
    if (sizeOf(this.#path) !== undefined) truncateSync(this.#path, diskReserveForStartBytes);
  }

  /** Before a database is opened: SQLite needs a little room to look at it. Answers whether there was none. */
  makeRoomToStart(): boolean {
    const room = freeBytesOf(dirname(this.#path));
    if (room >= diskReserveForStartBytes) return false;
    rmSync(this.#path, { force: true });
    this.#held = false;
    return true;
  }

  /** After a start on a disk that has no room for the whole: for the next one. */
  keepForStart(): void {
    if (sizeOf(this.#path) !== undefined) return;
    try {
      writeFileSync(this.#path, noise().subarray(0, diskReserveForStartBytes), { mode: 0o600 });
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
}

function fill(path: string): void {
  const piece = noise();
  const fd = openSync(path, "w", 0o600);
  try {
    for (let bytes = 0; bytes < diskReserveBytes; ) bytes += writeSync(fd, piece);
  } finally {
    closeSync(fd);
  }
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

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}
