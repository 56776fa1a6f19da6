import {
  type DestinationStream,
  destination,
  type LoggerOptions,
  type Logger as PinoLogger,
  pino,
  stdTimeFunctions,
} from "pino";
import { visibleLines } from "../visible.ts";

/**
 * What a line says besides its message. Names used everywhere: `session` (its id), `path`, `zxid`, `peer`,
 * `code` (a gRPC status), `dur_ms`, `err`. Never a node's data, never a token or a credential.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = "error" | "warn" | "info" | "debug";

/** One line per call: facts in `fields`, a constant sentence in `msg`. */
export interface Logger {
  /** The least severe level that is written; may be set at any time. */
  level: LogLevel;
  debug(fields: LogFields, msg: string): void;
  info(fields: LogFields, msg: string): void;
  warn(fields: LogFields, msg: string): void;
  error(fields: LogFields, msg: string): void;
  /** The process ends after this line. */
  fatal(fields: LogFields, msg: string): void;
}

export interface LoggerChoice {
  /** The least severe level to write. */
  readonly level: LogLevel;
  /** Where to write; default: standard output, as JSON lines, or as text for eyes if it is a terminal. */
  readonly to?: DestinationStream;
}

/** JSON lines with `time` (ISO 8601), `level` (a word), the fields and `msg`. */
export function createLogger({ level, to = standardOutput() }: LoggerChoice): Logger {
  const options: LoggerOptions = {
    level,
    // A host name and a process id on every line are the collector's business.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // A net below the rule: what must never be logged is blanked if it is.
    redact: ["token", "secret", "password", "authorization", "data"],
  };
  return leveled(pino(options, to));
}

/** For pino, the level is whatever word; here it is one of four. */
function leveled(log: PinoLogger): Logger {
  return log as PinoLogger & { level: LogLevel };
}

/**
 * Synchronous: a line is with the operating system when the call returns, so that none is lost at exit. It
 * costs little, since no request writes a line; and whoever waits for a stuck reader extends its deadlines.
 */
function standardOutput(): DestinationStream {
  const stream = destination({ dest: 1, sync: true });
  return process.stdout.isTTY ? { write: (line) => stream.write(readable(line)) } : stream;
}

/** `12:03:04.567 INFO  serving address=127.0.0.1:7181`, from a JSON line. Values stay JSON: nothing escapes, and no terminal obeys. */
export function readable(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line);
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const stack = err === undefined ? "" : `\n${err.stack ?? JSON.stringify(err)}`;
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${msg}`;
  return visibleLines(`${head}${facts.join("")}${stack}\n`);
}
