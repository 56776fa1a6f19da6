import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Io } from "../verb.ts";

/**
 * Node's readline takes U+2028 and U+2029 for the Enter key, so that what follows them in a pasted text would run as
 * a line of its own. They are kept from it: characters that Unicode reserves for the inside of programs stand for them.
 */
const standIns: readonly (readonly [separator: string, standIn: string])[] = [
  ["\u2028", "\ufdd0"],
  ["\u2029", "\ufdd1"],
];

/** The keys of a terminal, fit for readline. */
export class TypedKeys extends Transform {
  readonly isTTY = true;
  readonly #terminal: Io["stdin"];
  readonly #decoder = new StringDecoder("utf8");

  constructor(terminal: Io["stdin"]) {
    super();
    this.#terminal = terminal;
    terminal.pipe(this);
  }

  /** Readline asks for it when it begins, and when it ends. */
  setRawMode(mode: boolean): this {
    this.#terminal.setRawMode?.(mode);
    return this;
  }

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    this.push(withoutSeparators(this.#decoder.write(chunk)));
    done();
  }
}

/** A line of a file of lines, as readline may have it. */
export function withoutSeparators(text: string): string {
  return standIns.reduce((line, [separator, standIn]) => line.replaceAll(separator, standIn), text);
}

/** A line of readline's, as it was typed. */
export function withSeparators(text: string): string {
  return standIns.reduce((line, [separator, standIn]) => line.replaceAll(standIn, separator), text);
}
