import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { keyFilesIntervalMs } from "../limits.ts";

/** A file with keys or certificates cannot be used; the message says which and why in one line. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/** Where the operator is told of new keys, and of keys that cannot be used. */
export interface KeyLog {
  info(facts: Readonly<Record<string, unknown>>, text: string): void;
  warn(facts: Readonly<Record<string, unknown>>, text: string): void;
}

export interface KeyFilesOptions<Keys> {
  readonly paths: readonly string[];
  /** Makes keys of the contents, which are in the order of the paths. @throws KeyFileError */
  readonly parse: (contents: readonly Buffer[]) => Keys | Promise<Keys>;
  readonly clock: Clock;
  readonly log: KeyLog;
}

/**
 * Keys that live in files and change while the server runs. The files are read again every few seconds and
 * compared byte by byte: that notices every way of replacing them, also the swapped links of Kubernetes, which
 * watching a file does not. What cannot be used is told once, and the keys from before stay.
 */
export class KeyFiles<Keys> {
  readonly #options: KeyFilesOptions<Keys>;
  readonly #listeners: ((keys: Keys) => void)[] = [];
  readonly #stopTimer: () => void;
  #keys: Keys;
  /** What the files held when the keys were made. */
  #contents: readonly Buffer[];
  #complaint = "";
  #reading = false;

  /** @throws KeyFileError */
  static async open<Keys>(options: KeyFilesOptions<Keys>): Promise<KeyFiles<Keys>> {
    const contents = await readAll(options.paths);
    return new KeyFiles(options, contents, await options.parse(contents));
  }

  private constructor(options: KeyFilesOptions<Keys>, contents: readonly Buffer[], keys: Keys) {
    this.#options = options;
    this.#contents = contents;
    this.#keys = keys;
    this.#stopTimer = options.clock.setInterval(() => void this.#look(), keyFilesIntervalMs);
  }

  get current(): Keys {
    return this.#keys;
  }

  /** Tells the new keys whenever they have changed. */
  onChange(listener: (keys: Keys) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    this.#stopTimer();
  }

  async #look(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      await this.#reload();
      this.#complaint = "";
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#reading = false;
    }
  }

  async #reload(): Promise<void> {
    const contents = await readAll(this.#options.paths);
    if (contents.every((content, i) => content.equals(this.#contents[i]!))) return;
    // Tried again each time while it fails: a certificate may become valid by waiting.
    this.#keys = await this.#options.parse(contents);
    this.#contents = contents;
    this.#options.log.info({ files: this.#options.paths }, "new keys are in use");
    for (const listener of this.#listeners) listener(this.#keys);
  }

  #complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    this.#options.log.warn({ reason }, "the new keys cannot be used; those from before stay in use");
  }
}

function readAll(paths: readonly string[]): Promise<Buffer[]> {
  return Promise.all(paths.map(readOne));
}

async function readOne(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "it does not exist",
      EISDIR: "it is a directory",
      EACCES: "this user may not read it",
    };
    throw new KeyFileError(`${path} cannot be read: ${reasons[code] ?? code}`, { cause: error });
  }
}
