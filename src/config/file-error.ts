const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is no directory",
  EACCES: "you do not have the right to",
  EPERM: "you do not have the right to",
  ELOOP: "its symbolic links lead nowhere",
  ENAMETOOLONG: "its name is too long",
  ENOSPC: "the disk is full",
  // Node's, for a NUL.
  ERR_INVALID_ARG_VALUE: "no file can have that name",
};

/** Why a file could not be read or written, in words; undefined for an error of another kind. */
export function fileReason(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || (syscall === undefined && reasons[code] === undefined)) return undefined;
  return reasons[code] ?? code;
}
