import { shown, UsageError } from "../config/usage-error.ts";
import { visible, visibleLines } from "../visible.ts";
import { colours, wantsColours } from "./terminal.ts";
import type { Io } from "./verb.ts";

const formats = ["table", "json", "ndjson"] as const;

/** How answers are printed: for people, as one JSON value, or as one JSON value to each line. */
export type Format = (typeof formats)[number];

/** @throws UsageError */
export function formatOf(text: string): Format {
  const format = formats.find((one) => one === text);
  if (format !== undefined) return format;
  throw new UsageError(`--output must be one of ${formats.join(", ")}, not ${shown(text)}`);
}

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly of: (row: T) => string | number;
}

/** Prints what a verb answers: the same facts in each format. */
export class Output {
  readonly format: Format;
  readonly isTerminal: boolean;
  readonly #io: Pick<Io, "out" | "isTerminal" | "env">;

  constructor(format: Format, io: Pick<Io, "out" | "isTerminal" | "env">) {
    this.format = format;
    this.isTerminal = io.isTerminal;
    this.#io = io;
  }

  /** The same in another format. */
  as(format: Format): Output {
    return new Output(format, this.#io);
  }

  /** As it is, whatever the format. */
  raw(text: string | Uint8Array): void {
    this.#write(text);
  }

  /** A text of one line, or of several. */
  line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** A text from a node or a server, as a part of a line: at a terminal it neither ends that nor is obeyed. */
  part(text: string): string {
    return this.isTerminal ? visible(text) : text;
  }

  /** The same of a text that may have lines of its own. */
  block(text: string): string {
    return this.isTerminal ? visibleLines(text) : text;
  }

  /** One answer: `text` for people, the value for programs. */
  one(value: object, text: () => string): void {
    if (this.format === "table") this.line(text());
    else this.line(json(value, this.format === "json" ? 2 : 0));
  }

  /** One of answers that come one after the other, for ever perhaps: JSON gets a line for each. */
  next(value: object, text: () => string): void {
    this.line(this.format === "table" ? text() : json(value, 0));
  }

  /** Many answers, each printed when it is there. */
  async many<T extends object>(
    values: Iterable<T> | AsyncIterable<T>,
    text: (value: T) => string,
  ): Promise<void> {
    let count = 0;
    for await (const value of values) {
      if (this.format === "json") this.#write(`${count === 0 ? "[" : ","}\n${indented(value)}`);
      else this.next(value, () => text(value));
      count++;
    }
    if (this.format === "json") this.#write(count === 0 ? "[]\n" : "\n]\n");
  }

  /** Many answers, in columns for people: all of them are there before the first is printed. */
  async table<T extends object>(
    values: Iterable<T> | AsyncIterable<T>,
    columns: readonly Column<T>[],
  ): Promise<void> {
    if (this.format !== "table") return await this.many(values, () => "");
    const rows: (string | number)[][] = [];
    for await (const value of values) rows.push(columns.map(({ of }) => this.#cell(of(value))));
    for (const line of aligned(
      columns.map(({ title }) => title),
      rows,
    ))
      this.line(line);
  }

  /** Grey in a terminal: what is of less interest. */
  dim(text: string): string {
    return this.#coloured(colours.dim, text);
  }

  /** Cyan in a terminal: what stands out. */
  bright(text: string): string {
    return this.#coloured(colours.bright, text);
  }

  #coloured(colour: string, text: string): string {
    const { env } = this.#io;
    return this.isTerminal && wantsColours(env) ? `${colour}${text}${colours.end}` : text;
  }

  /** In a table a line break would be a row, wherever it is read. */
  #cell(value: string | number): string | number {
    return typeof value === "string" ? visible(value) : value;
  }

  #write(text: string | Uint8Array): void {
    this.#io.out(text);
  }
}

/** The rows below their titles; numbers to the right. */
function* aligned(titles: readonly string[], rows: readonly (string | number)[][]): Generator<string> {
  const widths = titles.map((title, at) =>
    rows.reduce((width, row) => Math.max(width, String(row[at]).length), title.length),
  );
  const isNumber = titles.map((_, at) => typeof rows[0]?.[at] === "number");
  for (const row of [titles, ...rows]) {
    const cells = row.map((cell, at) =>
      isNumber[at] ? String(cell).padStart(widths[at]!) : String(cell).padEnd(widths[at]!),
    );
    yield cells.join("  ").trimEnd();
  }
}

function indented(value: object): string {
  return json(value, 2).replaceAll(/^/gm, "  ");
}

/** JSON in which everything can be seen; of what it does not escape itself, all is within its texts. */
function json(value: object, indent: number): string {
  return visibleLines(JSON.stringify(value, plain, indent));
}

/** What JSON has no word for. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
