import { constants } from "node:os";
import { sqliteCode } from "./connection.ts";

/**
 * The errors of a disk that takes no more: it is full, the user's quota is used up, or a file may not grow. By number
 * too, because Node has no name for EDQUOT.
 */
const { ENOSPC, EDQUOT, EFBIG } = constants.errno;
const codes: ReadonlySet<unknown> = new Set(["ENOSPC", "EFBIG", -ENOSPC, -EDQUOT, -EFBIG]);

/**
 * Whether an error means that there is no room. SQLite knows ENOSPC alone: a write that failed for another reason looks
 * like a failing disk to it, and it does not tell the reason. So a write of our own tells.
 * @param hasRoom whether a file can grow now
 */
export function isFull(error: unknown, hasRoom: () => boolean): boolean {
  const code = sqliteCode(error);
  if (code === "SQLITE_FULL") return true;
  if (code === "SQLITE_IOERR_WRITE") return !hasRoom();
  return isFullOfFile(error);
}

/** The same of a file that is not SQLite's. */
export function isFullOfFile(error: unknown): boolean {
  const { code, errno } = error as NodeJS.ErrnoException;
  return codes.has(code) || codes.has(errno);
}
