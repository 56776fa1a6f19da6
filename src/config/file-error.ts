import { constants } from "node:os";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is no directory",
  EACCES: "you do not have the right to",
  EPERM: "you do not have the right to",
  ELOOP: "its symbolic links lead nowhere",
  ENAMETOOLONG: "its name is too long",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of this user on the disk is used up",
  EFBIG: "it would be larger than a file may be",
  // Node's, for a NUL.
  ERR_INVALID_ARG_VALUE: "no file can have that name",
};

/** The name of what went wrong: Node has none for a quota that is used up. */
export function codeOf(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  return errno === -constants.errno.EDQUOT ? "EDQUOT" : code;
}

/** Why a file could not be read or written, in words; undefined for an error of another kind. */
export function fileReason(error: unknown): string | undefined {
  const { syscall } = error as NodeJS.ErrnoException;
  const code = codeOf(error);
  if (code === undefined || (syscall === undefined && reasons[code] === undefined)) return undefined;
  return reasons[code] ?? code;
}
