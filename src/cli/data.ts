import { readFileSync } from "node:fs";
import { UsageError } from "../config/usage-error.ts";
import { fileFailure } from "./file-failure.ts";
import type { FlagSpecs, FlagValues } from "./flags.ts";
import type { Output } from "./output.ts";
import type { Io } from "./verb.ts";

/** The flags of verbs that write data. */
export const dataFlags = {
  file: {
    kind: "text",
    short: "f",
    value: "FILE",
    help: "Take the data from a file; DATA or a file of - is standard input.",
  },
  base64: { kind: "switch", short: "b", help: "The data are given in base64." },
} as const satisfies FlagSpecs;

/** The data that a command line gives: a word, a file, standard input for "-", or nothing. @throws UsageError */
export async function dataGiven(
  word: string | undefined,
  { file, base64 }: FlagValues<typeof dataFlags>,
  io: Io,
): Promise<Uint8Array | undefined> {
  if (word !== undefined && file !== undefined) throw new UsageError("give data or --file, not both");
  if (word === undefined && file === undefined) return undefined;
  const source = word === "-" ? word : file;
  const data = source === undefined ? Buffer.from(word ?? "") : await readAll(source, io);
  return base64 ? fromBase64(data.toString()) : data;
}

function fromBase64(given: string): Buffer {
  const text = given.replaceAll(/[\s=]/g, "");
  const data = Buffer.from(text, "base64");
  if (data.toString("base64").replaceAll("=", "") !== text) throw new UsageError("the data are not base64");
  return data;
}

/** All of a file, or of standard input for "-". @throws UsageError */
export async function readAll(file: string, io: Io): Promise<Buffer> {
  if (file === "-") {
    const chunks: Buffer[] = [];
    for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileFailure(file, "read", error);
  }
}

/** Data as values for programs: text where they are text, and otherwise base64. */
export function dataValue(data: Uint8Array): { readonly text: string } | { readonly base64: string } {
  const text = textIn(data);
  return text === undefined ? { base64: Buffer.from(data).toString("base64") } : { text };
}

/** Data for people: as text, or for bytes that are none as a dump. A terminal is not made to obey what it shows. */
export function dataText(data: Uint8Array, out: Output): string {
  const text = textIn(data);
  return text === undefined ? hexDump(data) : out.block(text);
}

/** The same as a part of a line: bytes that are no text in hexadecimal. */
export function dataInLine(data: Uint8Array, out: Output): string {
  const text = textIn(data);
  return text === undefined ? `0x${Buffer.from(data).toString("hex")}` : out.part(text);
}

/** Sixteen bytes to a line: where, in hexadecimal, and as text. */
export function hexDump(data: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += 16) {
    const some = [...data.subarray(at, at + 16)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = some.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

function textIn(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}
