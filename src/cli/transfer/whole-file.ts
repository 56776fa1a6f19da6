import { statSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { exitCodes, Failure } from "../failure.ts";
import { fileFailure } from "../file-failure.ts";

/** What is written to the disk at once. */
const pieceBytes = 262_144;

/**
 * A file that appears under its name when it is whole and on the disk. Until then it is beside it, for the owner
 * alone, under a name that no other process writes to; disposing of it without `finish` leaves nothing.
 */
export class WholeFile implements AsyncDisposable {
  readonly #name: string;
  readonly #force: boolean;
  readonly #unfinished: string;
  readonly #handle: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #finished = false;

  /** A file that is there is replaced only by `force`. @throws Failure */
  static async create(name: string, force: boolean): Promise<WholeFile> {
    await telling(name, async () => refuseWhatIsThere(name, force));
    const unfinished = `${name}.${process.pid}.part`;
    const handle = await telling(name, async () => {
      // What a process of that number has left, or somebody has put there: nothing that is there is written to.
      await rm(unfinished, { force: true });
      return open(unfinished, "wx", 0o600);
    });
    return new WholeFile(name, force, { unfinished, handle });
  }

  private constructor(
    name: string,
    force: boolean,
    { unfinished, handle }: { readonly unfinished: string; readonly handle: FileHandle },
  ) {
    this.#name = name;
    this.#force = force;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  /** @throws Failure */
  async write(piece: string | Uint8Array): Promise<void> {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= pieceBytes) await this.#flush();
  }

  /** It is whole. @throws Failure */
  async finish(): Promise<void> {
    await this.#flush();
    await telling(this.#name, async () => {
      await this.#handle.sync();
      await this.#handle.close();
      // Somebody may have been faster.
      refuseWhatIsThere(this.#name, this.#force);
      await rename(this.#unfinished, this.#name);
      this.#finished = true;
      const directory = await open(dirname(this.#name), "r");
      await directory.sync().finally(() => directory.close());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#handle.close();
    await rm(this.#unfinished, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting.splice(0));
    this.#waitingBytes = 0;
    await telling(this.#name, () => this.#handle.writeFile(bytes));
  }
}

function refuseWhatIsThere(name: string, force: boolean): void {
  const there = statSync(name, { throwIfNoEntry: false });
  if (there === undefined) return;
  // A rename would put a file in the place of a device.
  if (!there.isFile())
    throw new Failure(`${name} cannot be written: it is there, and no file`, exitCodes.usage);
  if (!force) throw new Failure(`${name} is there already; say --force to replace it`, exitCodes.conflict);
}

async function telling<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(name, "written", error);
  }
}
