import { createReadStream } from "node:fs";
import { exitCodes, Failure } from "../failure.ts";
import { fileFailure } from "../file-failure.ts";

/** The bytes of a backup, from the beginning. @throws Failure if the file cannot be read */
export async function* bytesOf(file: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* createReadStream(file, { highWaterMark: 1_048_576 });
  } catch (error) {
    throw fileFailure(file, "read", error);
  }
}

/** Runs something that reads a backup; one that cannot be used is told with the name of its file. */
export async function readingBackup<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === "BackupUnusable")
      throw new Failure(`${file} cannot be used: ${error.message}`, exitCodes.usage);
    throw error;
  }
}

/** "12.3 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
