import type { Readable, Writable } from "node:stream";
import type { FlagSpecs } from "./flags.ts";

/** The signals that ask a process to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** What a verb may touch of its process: given, so that only main.ts holds the process itself. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  /** What the shell edits its lines on; everything else is printed with `out`. */
  readonly stdout: Writable;
  /** Standard output is a terminal: somebody looks on. */
  readonly isTerminal: boolean;
  out(text: string | Uint8Array): void;
  /** One line for a person, on standard error, with the command's name before it. */
  complain(line: string): void;
  /** Shows how far it is, on standard error, in place of what was shown before; nothing where nobody looks on. */
  progress(text: string): void;
  onSignal(signal: StopSignal, fn: () => void): void;
  /** What nobody caught: an exception, or the reason of a rejected promise. */
  onUncaught(fn: (error: unknown) => void): void;
  /** Ends the process at once. For when there is no waiting; a verb that is done returns its exit code. */
  exit(code: number): never;
}

/** What a word can become: a path of the server's, something of this machine's, or one of a few words. */
export type Completes = "path" | "verb" | "context" | "file" | "directory" | readonly string[];

/** A word that a verb takes. */
export interface ArgSpec {
  /** What help calls it: "PATH". FILE and DIR are completed as such. */
  readonly name: string;
  /**
   * A path is made absolute and completed by the shell. A command is another program's command line: from its first
   * word on, no flag is the verb's own.
   */
  readonly kind?: "path" | "command";
  /** Words that it can be. */
  readonly values?: readonly string[];
  readonly optional?: boolean;
  /** A path that is not given is "/", and in the shell where one is. */
  readonly orHere?: true;
  /** With this flag, a path that is not given is none. */
  readonly unless?: string;
  /** All words that are left, at least one unless optional. */
  readonly rest?: boolean;
}

/** What may stand on the line of a verb. */
export interface LineSpec {
  readonly args: readonly ArgSpec[];
  readonly flags: FlagSpecs;
}

/** What the file of a verb exports. */
export interface Verb {
  /** All that `corral help <verb>` prints. */
  usage(): string;
  /** Undefined for a verb that has more than one kind of line. */
  readonly line?: LineSpec;
  /** Answers the exit code. A UsageError means 2; any other error is a fault of Corral's. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** A verb before it is loaded. */
export interface VerbEntry {
  /** What the overview says of it. */
  readonly summary: string;
  /** Verbs are loaded when they are used: none pays for another's imports. */
  load(): Promise<Verb>;
}
