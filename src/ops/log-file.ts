import { copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { logFileBytesMax } from "../limits.ts";

/** Where log lines go, as a logger takes it. */
export interface LogFile {
  write(line: string): void;
}

/**
 * A log in a file for its owner alone. When it is full it is copied to a file beside it, `.1`, in place of the one
 * from before, and begins anew: both together never take more than twice the bound. It is emptied and not renamed,
 * so that what else has it open, as the standard error of this process, goes on in the same file.
 *
 * Lines that cannot be written are lost: a full disk must not end the server.
 * @throws Error when the file cannot be opened
 */
export function openLogFile(path: string, bytesMax = logFileBytesMax): LogFile {
  const fd = openSync(path, "a", 0o600);
  return {
    write(line) {
      try {
        const { size } = fstatSync(fd);
        if (size > 0 && size + Buffer.byteLength(line) > bytesMax) turnOver(path, fd);
        writeSync(fd, line);
      } catch {
        // See above.
      }
    },
  };
}

function turnOver(path: string, fd: number): void {
  try {
    copyFileSync(path, `${path}.1`);
  } finally {
    ftruncateSync(fd);
  }
}
