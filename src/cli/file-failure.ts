import { codeOf, fileReason } from "../config/file-error.ts";
import { exitCodes, Failure } from "./failure.ts";

/** With these, the disk is at fault, and not the name of the file. */
const faultsOfDisks = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EFBIG", "EMFILE", "ENFILE", "ESTALE"];

/** What a file that cannot be used comes to, with an exit code that is the same for every verb; other errors stay. */
export function fileFailure(file: string, deed: "read" | "written", error: unknown): unknown {
  const reason = fileReason(error);
  if (reason === undefined) return error;
  const isFaultOfDisk = faultsOfDisks.includes(`${codeOf(error)}`);
  const why = deed === "written" && reason === "it does not exist" ? "its directory does not exist" : reason;
  return new Failure(`${file} cannot be ${deed}: ${why}`, isFaultOfDisk ? exitCodes.other : exitCodes.usage);
}
