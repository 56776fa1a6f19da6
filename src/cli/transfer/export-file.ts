import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { type AclEntry, permissions } from "../../client/index.ts";
import { UsageError } from "../../config/usage-error.ts";
import { exitCodes, Failure } from "../failure.ts";
import { fileFailure } from "../file-failure.ts";
import { ttlMsMax } from "../limits.ts";
import { linesIn, textOf } from "../lines.ts";
import type { Io } from "../verb.ts";
import { type Lifetime, type TreeNode, topPath } from "./tree-node.ts";

/** What the first line of an export calls itself. */
const format = "corral-export-1";

/** The first line: what is exported. */
export interface Head {
  /** Where the subtree was. */
  readonly path: string;
  /** The moment that it shows. */
  readonly zxid: number;
}

const modes: readonly Lifetime[] = ["persistent", "container", "persistentWithTtl"];

export function headLine({ path, zxid }: Head): string {
  return `${JSON.stringify({ format, path, zxid })}\n`;
}

/** A node in a line; what is as usual is left out. */
export function nodeLine({ path, data, mode, ttlMs, acl }: TreeNode): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const content = isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString("base64") };
  const line = {
    path,
    ...(bytes.length === 0 ? {} : content),
    ...(mode === "persistent" ? {} : { mode }),
    ...(ttlMs === 0 ? {} : { ttlMs }),
    ...(acl.length === 0 ? {} : { acl }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** The last line: without it, an export is cut short. */
export function endLine(nodes: number): string {
  return `${JSON.stringify({ nodes })}\n`;
}

/** An export to read, as often as one likes. */
export class ExportFile {
  readonly #name: string;
  readonly #lines: () => AsyncIterable<Buffer> | Iterable<Buffer>;

  private constructor(name: string, lines: () => AsyncIterable<Buffer> | Iterable<Buffer>) {
    this.#name = name;
    this.#lines = lines;
  }

  /** @param file "-" for standard input, which is read into memory. */
  static async open(file: string, io: Pick<Io, "stdin">): Promise<ExportFile> {
    if (file !== "-") return new ExportFile(file, () => linesIn(createReadStream(file)));
    const lines: Buffer[] = [];
    for await (const line of linesIn(io.stdin)) lines.push(line);
    return new ExportFile("standard input", () => lines);
  }

  /** Its nodes, parents first; the end of the file is looked at too. @throws Failure for the first line that is wrong */
  async *nodes(): AsyncGenerator<TreeNode, void> {
    const seen = new Set<string>();
    let number = 0;
    let ended = false;
    try {
      for await (const line of this.#lines()) {
        number++;
        const entry = parsed(line);
        if (number === 1)
          check(entry["format"] === format, `this is no export (its first line lacks ${format})`);
        else if (ended) check(false, "there is something after the end");
        else if ("nodes" in entry) {
          check(
            entry["nodes"] === seen.size,
            `it counts ${entry["nodes"]} nodes, and ${seen.size} are there`,
          );
          ended = true;
        } else {
          const node = nodeIn(entry);
          const parent = parentOf(node.path);
          check(!seen.has(node.path), `${node.path} is there twice`);
          check(parent === undefined || seen.has(parent), `${node.path} comes before its parent`);
          seen.add(node.path);
          yield node;
        }
      }
      check(ended, "it is cut short: the line with the number of nodes is missing");
    } catch (error) {
      if (error instanceof BadLine)
        throw new Failure(`${this.#name} line ${number}: ${error.message}`, exitCodes.usage);
      throw fileFailure(this.#name, "read", error);
    }
  }
}

class BadLine extends Error {}

function check(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new BadLine(otherwise);
}

function parsed(line: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(line, "this"));
  } catch (error) {
    throw new BadLine(error instanceof UsageError ? error.message : "this is not JSON");
  }
  check(typeof value === "object" && value !== null && !Array.isArray(value), "this is not a JSON object");
  return value as Record<string, unknown>;
}

const nodeKeys = ["path", "text", "base64", "mode", "ttlMs", "acl"];

/** Names in exports that were written before JSON had one style everywhere. */
function inToday({ ttl_ms: ttlMs, ...entry }: Record<string, unknown>): Record<string, unknown> {
  return {
    ...entry,
    ...(ttlMs !== undefined && { ttlMs }),
    ...(entry["mode"] === "persistent_with_ttl" && { mode: "persistentWithTtl" }),
  };
}

function nodeIn(line: Record<string, unknown>): TreeNode {
  const entry = inToday(line);
  const unknown = Object.keys(entry).find((key) => !nodeKeys.includes(key));
  check(unknown === undefined, `${unknown} is not known`);
  const { path, text, base64, mode = "persistent", ttlMs = 0, acl = [] } = entry;
  check(typeof path === "string" && (path === topPath || /^[^/]+(\/[^/]+)*$/.test(path)), "a path is wrong");
  const lifetime = modes.find((one) => one === mode);
  check(lifetime !== undefined, "a mode is wrong");
  check(isTtl(ttlMs) && ttlMs > 0 === (lifetime === "persistentWithTtl"), "a ttlMs is wrong");
  check(Array.isArray(acl) && acl.every(isAclEntry), "an acl is wrong");
  return { path, data: dataIn(text, base64), mode: lifetime, ttlMs, acl };
}

function isTtl(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= ttlMsMax;
}

function dataIn(text: unknown, base64: unknown): Uint8Array {
  check(text === undefined || base64 === undefined, "there is both text and base64");
  if (text !== undefined) {
    check(typeof text === "string", "a text is wrong");
    return Buffer.from(text);
  }
  if (base64 === undefined) return new Uint8Array();
  check(typeof base64 === "string", "a base64 is wrong");
  const data = Buffer.from(base64, "base64");
  // Node skips what is no base64.
  check(data.toString("base64") === base64, "a base64 is wrong");
  return data;
}

function isAclEntry(value: unknown): value is AclEntry {
  if (typeof value !== "object" || value === null) return false;
  const { scheme, id, permissions: given } = value as Partial<AclEntry>;
  const named = typeof scheme === "string" && typeof id === "string";
  return named && Array.isArray(given) && given.every((one) => permissions.includes(one));
}

/** Undefined for the top, and for what is just below that. */
function parentOf(path: string): string | undefined {
  if (path === topPath) return undefined;
  const slash = path.lastIndexOf("/");
  return slash === -1 ? topPath : path.slice(0, slash);
}
